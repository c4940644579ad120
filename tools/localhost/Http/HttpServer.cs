using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace Cloudreve.LocalHost.Http;

/// <summary>
/// The web server that clients talk to. Requests that arrive before the app has started wait. Kestrel's limits of request lines
/// (8 KiB) and headers (32 KiB) are its defaults, as in the real host.
/// </summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly TaskCompletionSource<RequestDelegate> _handler = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _server;

    private HttpServer(WebApplication server)
    {
        _server = server;
        server.Run(async context => await (await _handler.Task.WaitAsync(context.RequestAborted))(context));
    }

    /// <summary>The address for clients.</summary>
    public Uri Address => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Forwards requests to workers.</summary>
    public IHttpForwarder Forwarder => _server.Services.GetRequiredService<IHttpForwarder>();

    /// <summary>Starts to listen.</summary>
    /// <param name="address">The network address to bind.</param>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <exception cref="LocalHostException">The port is in use.</exception>
    public static async Task<HttpServer> StartAsync(IPAddress address, int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1));
        builder.Services.AddHttpForwarder();
        var server = new HttpServer(builder.Build());
        try
        {
            await server._server.StartAsync();
            return server;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new LocalHostException($"Port {port} is in use. End what listens there, or choose another port with --port.");
        }
    }

    /// <summary>Handles requests from now on, including the waiting ones.</summary>
    public void Handle(RequestDelegate handler) => _handler.TrySetResult(handler);

    /// <summary>Stops accepting requests and waits for those in flight.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
