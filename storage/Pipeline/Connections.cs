using Azure.Core.Pipeline;

namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>
/// The connections of the process. Content has its own, so that slow readers take none from metadata. Connections are
/// pooled per host, and redirects are never followed.
/// </summary>
internal static class Connections
{
    // Its use by readers is bounded per user and address (ContentStreams).
    private const int MostForContent = 256;
    private const int MostForMetadata = 64;

    /// <summary>For rows, messages, blobs without their content, and secrets.</summary>
    public static HttpClientTransport Metadata { get; } = Create(Handler(MostForMetadata));

    /// <summary>For the content of blobs.</summary>
    public static HttpClientTransport Content { get; } = Create(new PacedUploads(Handler(MostForContent), CallLimits.Pause));

    // The pipeline knows how long a request may take; a client's own limit of 100 s would end uploads that move.
    private static HttpClientTransport Create(HttpMessageHandler handler) => new(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan });

    private static SocketsHttpHandler Handler(int mostConnections) => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
        ConnectTimeout = CallLimits.Connect,
        MaxConnectionsPerServer = mostConnections,
    };
}
