using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace Cloudreve.Testing.Proxies;

/// <summary>
/// A network between the app and the storage emulator: passes requests on byte for byte, counts them, and lets them meet the faults of
/// a real one.
/// </summary>
public sealed partial class StorageProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, int> _counts = new();
    private readonly List<Endpoint> _endpoints;
    private readonly Lock _lock = new();
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly CancellationTokenSource _stopped = new();
    private readonly IHttpForwarder _forwarder;
    private readonly WebApplication _server;
    private IReadOnlyList<Outage> _outages = [];
    private Dictionary<int, Endpoint> _byPort = [];

    private StorageProxy(string connectionString)
    {
        _endpoints = [.. EndpointPattern().Matches(connectionString)
            .Select(match => new Endpoint(match.Groups["service"].Value, $"http://{match.Groups["address"].Value}"))];
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(Listen);
        builder.Services.AddHttpForwarder();
        _server = builder.Build();
        _forwarder = _server.Services.GetRequiredService<IHttpForwarder>();
        _server.Run(AnswerAsync);
    }

    /// <summary>The connection string of the emulator through the proxy.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>The number of requests for each operation: service, verb, and the table, container or queue.</summary>
    public IReadOnlyDictionary<string, int> Counts => new Dictionary<string, int>(_counts);

    /// <summary>Starts a proxy.</summary>
    /// <param name="connectionString">The connection string of the emulator.</param>
    public static async Task<StorageProxy> StartAsync(string connectionString)
    {
        var proxy = new StorageProxy(connectionString);
        await proxy._server.StartAsync();
        var ports = proxy._server.Urls.Select(url => new Uri(url).Port);
        proxy._byPort = ports.Zip(proxy._endpoints).ToDictionary(pair => pair.First, pair => pair.Second);
        var next = proxy._byPort.Keys.GetEnumerator();
        proxy.ConnectionString = EndpointPattern().Replace(
            connectionString, match => next.MoveNext() ? $"{match.Groups["service"].Value}Endpoint=http://127.0.0.1:{next.Current}/" : match.Value);
        return proxy;
    }

    /// <summary>Forgets what was counted.</summary>
    public void ResetCounts() => _counts.Clear();

    /// <summary>Lets requests fail until the outage is disposed of. Of several outages the latest one that a request matches counts.</summary>
    /// <param name="matches">Selects the requests; all of them unless given.</param>
    public Outage Fail(NetworkFault fault, Func<ProxiedRequest, bool>? matches = null)
    {
        var outage = new Outage(fault, matches ?? (_ => true), Remove);
        lock (_lock)
            _outages = [outage, .. _outages];
        return outage;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var outage in _outages)
            outage.Dispose();
        await _stopped.CancelAsync();
        await _server.DisposeAsync();
        _client.Dispose();
        _stopped.Dispose();
    }

    private void Remove(Outage outage)
    {
        lock (_lock)
            _outages = [.. _outages.Where(other => other != outage)];
    }

    private void Listen(KestrelServerOptions kestrel)
    {
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        foreach (var _ in _endpoints)
            kestrel.Listen(IPAddress.Loopback, 0);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var endpoint = _byPort[context.Connection.LocalPort];
        var operation = await StorageOperation.DescribeAsync(context.Request);
        var request = new ProxiedRequest(
            endpoint.Service.ToLowerInvariant(), operation, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        _counts.AddOrUpdate($"{request.Service} {operation}", 1, static (_, count) => count + 1);
        if (_outages.FirstOrDefault(outage => outage.Meets(request)) is not { } outage)
        {
            await ForwardAsync(context, endpoint);
            return;
        }
        using var end = CancellationTokenSource.CreateLinkedTokenSource(outage.Over, context.RequestAborted, _stopped.Token);
        await FailAsync(context, endpoint, outage.Fault, end.Token);
    }

    private async Task FailAsync(HttpContext context, Endpoint endpoint, NetworkFault fault, CancellationToken end)
    {
        switch (fault)
        {
            case NetworkFault.Silence:
                await WaitAsync(end);
                context.Abort();
                break;
            case NetworkFault.Hold:
                await WaitAsync(end);
                if (!context.RequestAborted.IsCancellationRequested)
                    await ForwardAsync(context, endpoint);
                break;
            case NetworkFault.Reset:
                context.Abort();
                break;
            case NetworkFault.Unavailable:
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                break;
            case NetworkFault.AnswerLost:
                context.Response.Body = Stream.Null;
                await ForwardAsync(context, endpoint);
                context.Abort();
                break;
            case NetworkFault.StalledBody:
                context.Response.Body = new StallingStream(context.Response.Body, end);
                await ForwardAsync(context, endpoint);
                context.Abort();
                break;
        }
    }

    private static Task WaitAsync(CancellationToken end) => Task.Delay(Timeout.Infinite, end).ContinueWith(_ => { }, TaskScheduler.Default);

    private async Task ForwardAsync(HttpContext context, Endpoint endpoint) =>
        await _forwarder.SendAsync(context, endpoint.Address, _client, ForwarderRequestConfig.Empty, new SignedRequestTransformer());

    [GeneratedRegex("(?<service>Blob|Queue|Table)Endpoint=http://(?<address>[^/]+)/", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex EndpointPattern();

    private sealed record Endpoint(string Service, string Address);
}
