using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace Cloudreve.LocalHost.Http;

/// <summary>The web server that clients talk to. Kestrel's limits of lines and headers are its defaults, as in the real host.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private readonly WebApplication _server;

    private HttpServer(WebApplication server) => _server = server;

    /// <summary>The address for clients.</summary>
    public Uri Address => new(_server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts to listen.</summary>
    /// <param name="address">The network address to bind.</param>
    /// <param name="port">The port; 0 for a free one.</param>
    /// <param name="createHandler">Creates the handler of all requests.</param>
    /// <exception cref="LocalHostException">The port is in use.</exception>
    public static async Task<HttpServer> StartAsync(IPAddress address, int port, Func<IHttpForwarder, RequestDelegate> createHandler)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.AllowAlternateSchemes = false;
        });
        builder.Services.AddHttpForwarder();
        var server = builder.Build();
        var handler = createHandler(server.Services.GetRequiredService<IHttpForwarder>());
        server.Run(handler);
        try
        {
            await server.StartAsync();
        }
        catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new LocalHostException($"Port {port} is in use. End what listens there, or choose another port with --port.");
        }
        return new HttpServer(server);
    }

    /// <summary>Takes no more requests and waits for those in flight.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => _server.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
