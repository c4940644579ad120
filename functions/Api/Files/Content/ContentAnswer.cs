using System.Globalization;
using System.Text;
using Cloudreve.AzureStorage.Blobs;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Opens a part of some content.</summary>
/// <param name="range">The part.</param>
internal delegate Task<BlobContent> OpenRange(ByteRange range, CancellationToken cancellationToken);

/// <summary>Sends content or parts of it (RFC 9110, sections 14 and 15.3.7).</summary>
/// <param name="http">The request; headers that describe the whole content are set.</param>
/// <param name="size">The content's length in bytes.</param>
/// <param name="open">Opens a part.</param>
/// <param name="body">The answer's body.</param>
/// <param name="copy">Sends bytes.</param>
internal sealed class ContentAnswer(HttpContext http, long size, OpenRange open, Stream body, PacedCopy copy)
{
    private readonly HttpResponse _response = http.Response;

    /// <summary>Sends the requested content.</summary>
    /// <param name="ranges">The result of <see cref="ByteRanges.Parse"/>.</param>
    /// <param name="cancellationToken">Cancels the answer.</param>
    public Task SendAsync(IReadOnlyList<ByteRange>? ranges, CancellationToken cancellationToken)
    {
        switch (ranges)
        {
            case null:
                return SendOneAsync(new ByteRange(0, size), cancellationToken);
            case []:
                _response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
                _response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes */{size}");
                _response.Headers.Remove("Content-Disposition");
                return Task.CompletedTask;
            case [var range]:
                _response.StatusCode = StatusCodes.Status206PartialContent;
                _response.Headers.ContentRange = Describe(range);
                return SendOneAsync(range, cancellationToken);
            default:
                return SendPartsAsync(ranges, cancellationToken);
        }
    }

    private async Task SendOneAsync(ByteRange range, CancellationToken cancellationToken)
    {
        _response.ContentLength = range.Length;
        if (range.Length == 0 || HttpMethods.IsHead(http.Request.Method))
            return;
        var blob = await open(range, cancellationToken);
        await using var content = blob.Content;
        // A blob that its owner has overwritten may be shorter than recorded.
        _response.ContentLength = blob.Length;
        await copy.CopyAsync(content, body, cancellationToken);
    }

    private async Task SendPartsAsync(IReadOnlyList<ByteRange> ranges, CancellationToken cancellationToken)
    {
        var boundary = Guid.NewGuid().ToString("N");
        var type = _response.ContentType;
        var heads = ranges.Select((r, i) => Encoding.ASCII.GetBytes(
            $"{(i == 0 ? "" : "\r\n")}--{boundary}\r\nContent-Type: {type}\r\nContent-Range: {Describe(r)}\r\n\r\n")).ToList();
        var end = Encoding.ASCII.GetBytes($"\r\n--{boundary}--\r\n");
        _response.StatusCode = StatusCodes.Status206PartialContent;
        _response.ContentType = "multipart/byteranges; boundary=" + boundary;
        _response.ContentLength = heads.Sum(h => h.Length) + ranges.Sum(r => r.Length) + end.Length;
        for (var i = 0; i < ranges.Count; i++)
        {
            var blob = await open(ranges[i], cancellationToken);
            await using var content = blob.Content;
            await body.WriteAsync(heads[i], cancellationToken);
            await copy.CopyAsync(content, body, cancellationToken);
        }
        await body.WriteAsync(end, cancellationToken);
    }

    private string Describe(ByteRange range) =>
        string.Create(CultureInfo.InvariantCulture, $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{size}");
}
