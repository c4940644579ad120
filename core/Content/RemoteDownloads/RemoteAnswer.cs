using System.Globalization;
using System.Net;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>A response of another site.</summary>
/// <param name="response">The response; disposed with this.</param>
/// <param name="content">Its bytes.</param>
internal sealed class RemoteAnswer(HttpResponseMessage response, Stream content) : IDisposable
{
    // A file may be changed twice within the time that a date can tell.
    private static readonly TimeSpan s_datePrecision = TimeSpan.FromMinutes(1);

    /// <summary>The status.</summary>
    public HttpStatusCode Status { get; } = response.StatusCode;

    /// <summary>The bytes from <see cref="Start"/> on.</summary>
    public Stream Content { get; } = content;

    /// <summary>The address that was reached in the end.</summary>
    public Uri? Address { get; } = response.RequestMessage?.RequestUri;

    /// <summary>The address that the site redirects to; null for no redirect.</summary>
    public Uri? Redirect => (int)Status is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is { } location && Uri.TryCreate(Address, location, out var next)
        ? next
        : null;

    /// <summary>The file's name as the site gives it; null when it does not.</summary>
    public string? Name => response.Content.Headers.ContentDisposition is { } disposition ? disposition.FileNameStar ?? disposition.FileName?.Trim('"') : null;

    /// <summary>True if it is a part of a file.</summary>
    public bool IsPart => Status == HttpStatusCode.PartialContent;

    /// <summary>The place of the first byte in the file; -1 when the site sends a part without saying which.</summary>
    public long Start => !IsPart ? 0 : response.Content.Headers.ContentRange?.From ?? -1;

    /// <summary>Bytes of the whole file; null when the site does not say.</summary>
    public long? Total => IsPart ? response.Content.Headers.ContentRange?.Length : response.Content.Headers.ContentLength;

    /// <summary>
    /// The mark by which a later request can demand the same content: a strong ETag, or the date of a file that was not changed just now; null for none.
    /// </summary>
    public string? Version
    {
        get
        {
            if (response.Headers.ETag is { } etag)
                return etag.IsWeak ? null : etag.Tag;
            return response.Content.Headers.LastModified is { } changed && response.Headers.Date - changed >= s_datePrecision
                ? changed.ToString("R", CultureInfo.InvariantCulture)
                : null;
        }
    }

    /// <summary>True if the site sends parts of files.</summary>
    public bool HasRanges => IsPart || response.Headers.AcceptRanges.Contains("bytes");

    /// <summary>
    /// Checks whether this is the rest of content whose first bytes came before. A part need not repeat the date of the file, but must tell
    /// the size of the whole: its end would pass for the end of the file.
    /// </summary>
    /// <param name="start">The first byte that was asked for.</param>
    /// <param name="version">The version that was asked for.</param>
    public bool Continues(long start, string? version) => Start == start && Total is not null && (start == 0 || Version is null || Version == version);

    /// <inheritdoc/>
    public void Dispose() => response.Dispose();
}
