using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>
/// A frame of a video through FFmpeg. The video is read from storage by ranges, so that a large one is not copied. Formats
/// that are lists of other addresses (HLS, DASH, concat) are switched off: they would let a file make the server send requests.
/// </summary>
internal sealed class VideoFrame(SiteSettings site)
{
    private const string Formats =
        "3dostr,asf,av1,avi,flv,h264,hevc,ivf,m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,mpegvideo,mxf,nsv,ogg,rm,vc1,wtv";

    // The temporary disk of an instance is small.
    private const long MaxCopy = 256 * 1024 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <inheritdoc cref="ExtractPicture"/>
    public Task<ReadOnlyMemory<byte>> ExtractAsync(MediaSource source, ThumbnailFormat format, CancellationToken cancellationToken) =>
        ExternalProgram.InFolderAsync(async folder =>
        {
            var input = await source.FindAddressAsync(cancellationToken) ?? await CopyAsync(source, folder, cancellationToken);
            var output = Path.Combine(folder, "out.png");
            await RunAsync(input, output, site.Get(ThumbnailSetting.FfmpegSeek), format, folder, cancellationToken);
            // A video that ends before the requested time still has a first frame.
            if (!File.Exists(output))
                await RunAsync(input, output, "0", format, folder, cancellationToken);
            return (ReadOnlyMemory<byte>)(await ProgramOutput.ReadAsync(output, cancellationToken)
                ?? throw new MediaException("FFmpeg produced no frame.", isFinal: true));
        });

    private static string ProtocolsOf(Uri input) => input.Scheme switch
    {
        "file" => "file",
        "http" => "http,tcp",
        _ => "https,tls,tcp",
    };

    private static async Task<Uri> CopyAsync(MediaSource source, string folder, CancellationToken cancellationToken)
    {
        if (source.Size > MaxCopy)
            throw new MediaException("The encrypted video is too large to be copied.", isFinal: true);
        var path = Path.Combine(folder, "in." + source.Extension);
        await source.CopyToAsync(path, cancellationToken);
        return new Uri(path);
    }

    private Task RunAsync(Uri input, string output, string seek, ThumbnailFormat format, string folder, CancellationToken cancellationToken) =>
        ExternalProgram.RunAsync(
            site.Get(ThumbnailSetting.FfmpegPath),
            [
                "-hide_banner", "-loglevel", "error", "-nostdin", "-threads", "1",
                .. site.Get(ThumbnailSetting.FfmpegExtraArguments).Split(' ', StringSplitOptions.RemoveEmptyEntries),
                "-protocol_whitelist", ProtocolsOf(input), "-format_whitelist", Formats,
                "-ss", seek, "-i", input.IsFile ? input.LocalPath : input.AbsoluteUri,
                "-map", "0:v:0", "-frames:v", "1", "-vf", $"scale={format.Width}:{format.Height}:force_original_aspect_ratio=decrease",
                "-f", "image2", "-c:v", "png", output,
            ],
            folder, Timeout, cancellationToken);
}
