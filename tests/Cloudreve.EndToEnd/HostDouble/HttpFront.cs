using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>
/// What clients reach: routes requests to functions and passes them on with the proxy that the host uses, so that paths, queries,
/// headers and streams are treated alike.
/// </summary>
internal sealed class HttpFront : IAsyncDisposable
{
    private const long MaxRequestBodySize = 104_857_600;

    // The platform's load balancer gives up a little earlier.
    private static readonly ForwarderRequestConfig s_forwarding = new() { ActivityTimeout = TimeSpan.FromSeconds(240) };

    private readonly WebApplication _app;
    private readonly RouteCollection _routes;
    private readonly HandlerLocator _locator;
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
    });

    private HttpFront(FunctionAppFolder folder, HandlerLocator locator)
    {
        _locator = locator;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddRouting();
        builder.Services.AddHttpForwarder();
        // The host answers a body that is too large itself.
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = MaxRequestBodySize);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _routes = Route(folder, _app.Services.GetRequiredService<IInlineConstraintResolver>());
        _app.Run(AnswerAsync);
    }

    /// <summary>Where clients reach it.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>Starts to listen on a free port.</summary>
    public static async Task<HttpFront> StartAsync(FunctionAppFolder folder, HandlerLocator locator)
    {
        var front = new HttpFront(folder, locator);
        await front._app.StartAsync();
        return front;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _client.Dispose();
    }

    /// <summary>One route for each function in the order of names: the first that matches path and method wins.</summary>
    private RouteCollection Route(FunctionAppFolder folder, IInlineConstraintResolver constraints)
    {
        var routes = new RouteCollection();
        var prefix = folder.Configuration.RoutePrefix.Trim('/');
        foreach (var function in folder.Functions.Where(f => f.IsForwarded))
        {
            var template = function.Trigger.Text("route").TrimStart('/');
            var methods = function.Trigger.Methods is { Count: > 0 } given
                ? new Dictionary<string, object> { ["httpMethod"] = new HttpMethodRouteConstraint([.. given]) }
                : null;
            routes.Add(new Route(
                new RouteHandler(ForwardAsync),
                function.Name,
                prefix.Length > 0 ? $"{prefix}/{template}" : template,
                defaults: null,
                methods,
                dataTokens: null,
                constraints));
        }
        return routes;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var route = new RouteContext(context);
        await _routes.RouteAsync(route);
        if (route.Handler is { } handler)
            await handler(context);
        else
            context.Response.StatusCode = StatusCodes.Status404NotFound;
    }

    private async Task ForwardAsync(HttpContext context)
    {
        if (context.Request.ContentLength > MaxRequestBodySize)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }
        try
        {
            var handler = await _locator(context.RequestAborted);
            context.Request.Headers["X-Azure-Functions-InvocationId"] = Guid.NewGuid().ToString();
            var error = await context.RequestServices.GetRequiredService<IHttpForwarder>().SendAsync(
                context, handler.ToString(), _client, s_forwarding, HttpTransformer.Default);
            // The invocation has failed, whatever the reason.
            if (error != ForwarderError.None && !context.Response.HasStarted)
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }
        catch (HostStoppedException)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }
    }
}
