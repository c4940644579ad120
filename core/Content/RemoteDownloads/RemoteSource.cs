using System.Net;
using System.Net.Http.Headers;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>Downloads from sites that users name. Every connection, those of redirects included, passes the guard of outgoing calls.</summary>
/// <param name="outgoing">Makes the client.</param>
internal sealed class RemoteSource(OutgoingHttp outgoing)
{
    private const int MaxRedirects = 5;

    // Content is read as a stream.
    private const int MaxBuffered = 1 << 20;

    private readonly HttpClient _client = outgoing.CreateClient(new OutgoingLimits(TimeSpan.FromSeconds(30), MaxBuffered));

    /// <summary>Parses a link.</summary>
    /// <param name="text">The link.</param>
    /// <exception cref="CloudreveException">40001: it is neither http nor https.</exception>
    public static Uri Parse(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && IsWeb(address)
            ? address
            : throw new CloudreveException(ErrorCode.BadParameter, "Only http, https and magnet links can be downloaded.");

    /// <summary>Opens a download.</summary>
    /// <param name="address">The address.</param>
    /// <param name="start">The first byte that is needed.</param>
    /// <param name="version">The version of the bytes before it; content of any other version comes from its beginning.</param>
    /// <exception cref="CloudreveException">The site refuses, or may not be called.</exception>
    /// <exception cref="RetryLaterException">The site does not respond, or is busy.</exception>
    public async Task<RemoteAnswer> OpenAsync(Uri address, long start, string? version, CancellationToken cancellationToken)
    {
        var from = version is null ? 0 : start;
        var answer = await SendAsync(address, from, version, cancellationToken);
        // An empty file has no first byte, and one that became shorter none at its former end. A site that ignores the condition sends a part
        // of another version.
        if (answer.Status == HttpStatusCode.RequestedRangeNotSatisfiable || (answer.IsPart && !answer.Continues(from, version)))
        {
            answer.Dispose();
            from = 0;
            answer = await SendAsync(address, null, null, cancellationToken);
        }
        if (answer.Status == HttpStatusCode.OK || (answer.IsPart && answer.Continues(from, version)))
            return answer;
        answer.Dispose();
        throw Refused(answer.Status);
    }

    /// <summary>Follows redirects to the web alone; a client that follows them by itself would speak HTTP to any scheme.</summary>
    private async Task<RemoteAnswer> SendAsync(Uri address, long? start, string? version, CancellationToken cancellationToken)
    {
        var answer = await SendOnceAsync(address, start, version, cancellationToken);
        for (var i = 0; i < MaxRedirects && answer.Redirect is { } next && IsWeb(next); i++)
        {
            answer.Dispose();
            answer = await SendOnceAsync(next, start, version, cancellationToken);
        }
        return answer;
    }

    private async Task<RemoteAnswer> SendOnceAsync(Uri address, long? start, string? version, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Cloudreve", "4"));
        // The answer to a request for all bytes by range shows whether the site can resume.
        if (start is { } first)
            request.Headers.Range = new RangeHeaderValue(first, null);
        if (start > 0)
            request.Headers.TryAddWithoutValidation("If-Range", version);
        try
        {
            var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return new RemoteAnswer(response, await response.Content.ReadAsStreamAsync(cancellationToken));
        }
        catch (HttpRequestException e) when (e.InnerException is OutgoingRefusedException)
        {
            throw new CloudreveException(ErrorCode.BadParameter, "The link leads to an address that this site does not call.", e);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new RetryLaterException("The other site does not respond.", e);
        }
    }

    private static bool IsWeb(Uri address) => (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) && address.Host.Length > 0;

    private static Exception Refused(HttpStatusCode status) => (int)status switch
    {
        >= 300 and < 400 => new CloudreveException(ErrorCode.BadParameter, "The link is redirected too often, or to an address that cannot be downloaded."),
        >= 500 or 429 or 408 => new RetryLaterException(MessageOf(status)),
        _ => new CloudreveException(ErrorCode.BadParameter, MessageOf(status)),
    };

    private static string MessageOf(HttpStatusCode status) => $"The other site responded with status {(int)status}.";
}
