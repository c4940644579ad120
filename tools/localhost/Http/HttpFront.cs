using Cloudreve.LocalHost.Workers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Cloudreve.LocalHost.Http;

/// <summary>Handles requests as the host does: picks the function, forwards the request to the worker and invokes the function.</summary>
internal sealed class HttpFront(FunctionRoutes routes, FunctionInvoker invoker, IHttpForwarder forwarder, HttpFrontOptions options, ILogger logger)
    : IDisposable
{
    private const string InvocationHeader = "x-ms-invocation-id";
    private static readonly ForwarderRequestConfig s_forwarding = new() { ActivityTimeout = TimeSpan.FromSeconds(240) };
    private readonly HttpMessageInvoker _client =
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });

    /// <summary>Handles a request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = options.BodyLimit;
        var selected = await routes.SelectAsync(context.Request.Method, context.Request.Path);
        if (selected is null || options.IsDisabled(selected.Function.Name))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        try
        {
            await RunAsync(context, selected);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested)
        {
            // Paths and queries hold secrets.
            logger.LogWarning("{Name} failed: {Reason}", selected.Function.Name, e.Message.Split('\n')[0]);
            Fail(context);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has disconnected; nobody reads a response.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static void Fail(HttpContext context)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }
        context.Response.Clear();
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
    }

    private async Task RunAsync(HttpContext context, SelectedFunction selected)
    {
        await BufferAsync(context);
        var invocation = await HttpTriggerData.CreateAsync(selected, context.Request);
        context.Request.Headers[InvocationHeader] = invocation.Id;
        const string reason = "This function was programmatically called via the host APIs.";
        var running = invoker.RunAsync(invocation, reason, context.RequestAborted);
        var forwarding = ForwardAsync(context, invocation, running);
        // The worker responds with an empty 200 when a function throws: the response counts only when the function has succeeded.
        await Task.WhenAll(running, forwarding);
    }

    /// <summary>A body of known length is read as a whole before the function starts; a chunked one is streamed.</summary>
    private static async Task BufferAsync(HttpContext context)
    {
        if (context.Request.ContentLength is not > 0)
            return;
        context.Request.EnableBuffering();
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Request.Body.Position = 0;
    }

    private async Task ForwardAsync(HttpContext context, FunctionInvocation invocation, Task running)
    {
        // An invocation that found no worker never gets an address.
        if (await Task.WhenAny(invocation.HttpAddress.Task, running) == running && !invocation.HttpAddress.Task.IsCompleted)
            return;
        var address = await invocation.HttpAddress.Task ?? throw new LocalHostException("The worker serves no HTTP.");
        var error = await forwarder.SendAsync(context, address.ToString(), _client, s_forwarding);
        if (error != ForwarderError.None)
            throw new LocalHostException($"Failed to proxy request with ForwarderError: {error}. {context.GetForwarderErrorFeature()?.Exception?.Message}");
    }
}
