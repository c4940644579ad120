using Cloudreve.Core.Content.Media;

namespace Cloudreve.Core.Content.Thumbnails.Programs;

/// <summary>
/// A video as a program of FFmpeg's family may read it: from storage by ranges, so that a large one is not copied. Formats that are lists of
/// other addresses (HLS, DASH, concat) are switched off: they would let a file make the server send requests.
/// </summary>
/// <param name="Address">Its address, or the path of a copy.</param>
/// <param name="Protocols">The only ones that the program may use.</param>
internal sealed record VideoInput(string Address, string Protocols)
{
    private const string Formats =
        "3dostr,asf,av1,avi,flv,h264,hevc,ivf,m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,mpegvideo,mxf,nsv,ogg,rm,vc1,wtv";

    // The temporary disk of an instance is small.
    private const long MaxCopy = 256 * 1024 * 1024;

    /// <summary>Arguments that keep the program to this input; they stand before it.</summary>
    public IReadOnlyList<string> Limits => ["-protocol_whitelist", Protocols, "-format_whitelist", Formats];

    /// <summary>Finds the address of a video; an encrypted one is copied to a folder.</summary>
    /// <param name="source">The video.</param>
    /// <param name="folder">The program's folder.</param>
    /// <exception cref="MediaException">An encrypted video is too large to be copied.</exception>
    public static async Task<VideoInput> OpenAsync(MediaSource source, string folder, CancellationToken cancellationToken)
    {
        if (await source.FindAddressAsync(cancellationToken) is { } address)
            return new VideoInput(address.AbsoluteUri, address.Scheme == Uri.UriSchemeHttp ? "http,tcp" : "https,tls,tcp");
        if (source.Size > MaxCopy)
            throw new MediaException("The encrypted video is too large to be copied.", isFinal: true);
        var path = Path.Combine(folder, "in." + source.Extension);
        await source.CopyToAsync(path, cancellationToken);
        return new VideoInput(path, "file");
    }
}
