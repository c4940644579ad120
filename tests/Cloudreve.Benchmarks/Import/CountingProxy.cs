using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace Cloudreve.Benchmarks.Import;

/// <summary>Passes requests on to the emulator, unchanged, and counts them by operation.</summary>
internal sealed partial class CountingProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly Dictionary<int, StorageEndpoint> _endpoints = [];
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly IHttpForwarder _forwarder;
    private readonly WebApplication _server;

    private CountingProxy(string connectionString)
    {
        ConnectionString = EndpointPattern().Replace(connectionString, Divert);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Listen);
        builder.Services.AddHttpForwarder();
        _server = builder.Build();
        _forwarder = _server.Services.GetRequiredService<IHttpForwarder>();
        _server.Run(ForwardAsync);
    }

    /// <summary>What reaches the emulator through the proxy.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts a proxy.</summary>
    /// <param name="connectionString">What reaches the emulator.</param>
    public static async Task<CountingProxy> StartAsync(string connectionString)
    {
        var proxy = new CountingProxy(connectionString);
        await proxy._server.StartAsync();
        return proxy;
    }

    /// <summary>Forgets what it has counted.</summary>
    public void Reset() => _counts.Clear();

    /// <summary>The number of requests for each operation: service, verb, and the table, container or queue.</summary>
    public IReadOnlyDictionary<string, int> Read() => new Dictionary<string, int>(_counts);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _client.Dispose();
    }

    /// <summary>Gives an endpoint of the emulator a port of the proxy.</summary>
    private string Divert(Match endpoint)
    {
        var port = AzuriteServer.FreePort();
        _endpoints[port] = new StorageEndpoint(
            endpoint.Groups["service"].Value.ToLowerInvariant(), $"http://{endpoint.Groups["address"].Value}");
        return $"{endpoint.Groups["service"].Value}Endpoint=http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}/";
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.Limits.MaxRequestBodySize = null;
        foreach (var port in _endpoints.Keys)
            kestrel.Listen(IPAddress.Loopback, port);
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var endpoint = _endpoints[context.Connection.LocalPort];
        var operation = $"{endpoint.Service} {await StorageOperation.DescribeAsync(context.Request)}";
        _counts.AddOrUpdate(operation, 1, static (_, count) => count + 1);
        await _forwarder.SendAsync(context, endpoint.Address, _client, ForwarderRequestConfig.Empty, new SignedRequestTransformer());
    }

    [GeneratedRegex("(?<service>Blob|Queue|Table)Endpoint=http://(?<address>[^/]+)/", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EndpointPattern();

    /// <summary>An endpoint of the emulator.</summary>
    private sealed record StorageEndpoint(string Service, string Address);
}
