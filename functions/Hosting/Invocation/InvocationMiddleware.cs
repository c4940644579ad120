using System.Net;
using Cloudreve.Functions.Hosting.Bindings;
using Microsoft.AspNetCore.Http.Features;

namespace Cloudreve.Functions.Hosting.Invocation;

/// <summary>
/// Answers the Functions host's invocations, <c>POST /&lt;FunctionName&gt;</c>. Part of the pipeline under a Functions host only,
/// where nobody else reaches the port; it stands before authorisation since the host sends no token.
/// </summary>
internal sealed class InvocationMiddleware(RequestDelegate next, TriggerFunctions functions, InvocationDispatcher dispatcher, ILogger<InvocationMiddleware> logger)
{
    private const string InvocationIdHeader = "X-Azure-Functions-InvocationId";

    /// <summary>Answers an invocation; passes everything else on.</summary>
    /// <param name="context">The request.</param>
    public Task InvokeAsync(HttpContext context) => FunctionOf(context.Request) is { } function ? AnswerAsync(context, function) : next(context);

    private TriggerFunction? FunctionOf(HttpRequest request) =>
        HttpMethods.IsPost(request.Method) && request.Path.Value is { Length: > 1 } path ? functions.Find(path[1..]) : null;

    private async Task AnswerAsync(HttpContext context, TriggerFunction function)
    {
        // The host is the only client, and a blob's or a history's size is not ours to choose.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        var invocationId = context.Request.Headers[InvocationIdHeader].ToString();
        var payload = await ReadAsync(context);
        try
        {
            var answer = await dispatcher.InvokeAsync(function.Name, invocationId, payload, context.RequestAborted);
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = answer.Length;
            await context.Response.Body.WriteAsync(answer, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The host has given up; nobody reads an answer.
        }
        catch (Exception e)
        {
            logger.LogError(e, "Invocation {InvocationId} of {Function} failed", invocationId, function.Name);
            await FailAsync(context, function, e);
        }
    }

    private static async Task FailAsync(HttpContext context, TriggerFunction function, Exception error)
    {
        if (function.Trigger is OrchestrationTrigger && error is not InvocationFormatException)
        {
            // A non-2xx answer fails the instance for good, a timeout is retried: so this one gets no answer at all.
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return;
        }
        context.Response.StatusCode = (int)HttpStatusCode.InternalServerError;
    }

    private static async Task<byte[]> ReadAsync(HttpContext context)
    {
        using var body = new MemoryStream((int)Math.Min(context.Request.ContentLength ?? 0, Array.MaxLength));
        await context.Request.BodyReader.CopyToAsync(body, context.RequestAborted);
        return body.TryGetBuffer(out var buffer) && buffer.Count == body.Capacity ? buffer.Array! : body.ToArray();
    }
}
