using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>Pictures of further formats through the program vips.</summary>
internal sealed class VipsPicture(SiteSettings site)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <inheritdoc cref="ExtractPicture"/>
    public Task<ReadOnlyMemory<byte>> ExtractAsync(MediaSource source, ThumbnailFormat format, CancellationToken cancellationToken) =>
        ExternalProgram.InFolderAsync(async folder =>
        {
            var (input, output) = (Path.Combine(folder, "in." + source.Extension), Path.Combine(folder, "out.png"));
            await source.CopyToAsync(input, cancellationToken);
            await ExternalProgram.RunAsync(
                site.Get(ThumbnailSetting.VipsPath),
                ["thumbnail", input, output, $"{format.Width}", "--height", $"{format.Height}", "--size", "down"],
                folder, Timeout, cancellationToken);
            return (ReadOnlyMemory<byte>)(await ProgramOutput.ReadAsync(output, cancellationToken)
                ?? throw new MediaException("vips wrote no picture.", isFinal: true));
        });
}
