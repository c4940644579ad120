using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders;

/// <summary>Calls programs that administrators name, as far as the operator allows their addresses.</summary>
/// <param name="outgoing">Makes the client.</param>
internal sealed class DownloaderHttp(OutgoingHttp outgoing)
{
    // The list of all files of a large torrent.
    private const int MaxAnswer = 16 << 20;

    private readonly HttpClient _client = outgoing.CreateClient(new OutgoingLimits(TimeSpan.FromSeconds(15), MaxAnswer));

    /// <summary>Sends a request.</summary>
    /// <returns>The response with all of its bytes.</returns>
    /// <exception cref="CloudreveException">40001: the operator does not allow the address.</exception>
    /// <exception cref="RetryLaterException">Nobody responds there.</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (e.InnerException is OutgoingRefusedException)
        {
            throw new CloudreveException(ErrorCode.BadParameter, "The downloader's address is not allowed by the operator of this site.", e);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new RetryLaterException("The downloader does not respond.", e);
        }
    }

    /// <summary>The address of a page of a server.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="page">The page.</param>
    public static Uri AddressOf(string server, string page) => new(server.TrimEnd('/') + "/" + page);
}
