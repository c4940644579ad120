using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>A frame of a video through FFmpeg.</summary>
internal sealed class VideoFrame(SiteSettings site)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <inheritdoc cref="ExtractPicture"/>
    public Task<ReadOnlyMemory<byte>> ExtractAsync(MediaSource source, ThumbnailFormat format, CancellationToken cancellationToken) =>
        ExternalProgram.InFolderAsync(async folder =>
        {
            var input = await VideoInput.OpenAsync(source, folder, cancellationToken);
            var output = Path.Combine(folder, "out.png");
            await RunAsync(input, output, site.Get(ThumbnailSetting.FfmpegSeek), format, folder, cancellationToken);
            // A video that ends before the requested time still has a first frame.
            if (!File.Exists(output))
                await RunAsync(input, output, "0", format, folder, cancellationToken);
            return (ReadOnlyMemory<byte>)(await ProgramOutput.ReadAsync(output, cancellationToken)
                ?? throw new MediaException("FFmpeg produced no frame.", isFinal: true));
        });

    private Task RunAsync(VideoInput input, string output, string seek, ThumbnailFormat format, string folder, CancellationToken cancellationToken) =>
        ExternalProgram.RunAsync(
            site.Get(ThumbnailSetting.FfmpegPath),
            [
                "-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1",
                .. site.Get(ThumbnailSetting.FfmpegExtraArguments).Split(' ', StringSplitOptions.RemoveEmptyEntries),
                .. input.Limits, "-ss", seek, "-i", input.Address,
                "-map", "0:v:0", "-frames:v", "1", "-vf", $"scale={format.Width}:{format.Height}:force_original_aspect_ratio=decrease",
                "-f", "image2", "-c:v", "png", output,
            ],
            folder, Timeout, cancellationToken);
}
