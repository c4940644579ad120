using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Errors;
using Microsoft.AspNetCore.Http.Metadata;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Turns whatever a handler throws into the envelope of a failure.</summary>
/// <param name="logger">Receives what clients do not see.</param>
internal sealed class ErrorBoundary(ILogger<ErrorBoundary> logger)
{
    /// <summary>Runs the rest of the pipeline.</summary>
    /// <param name="context">The request.</param>
    /// <param name="next">The rest of the pipeline.</param>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (!ApiEdge.IsApi(context))
        {
            await next(context);
            return;
        }
        try
        {
            await next(context);
            CheckBinding(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; nobody reads an answer.
            logger.LogDebug("Request {CorrelationId} was cancelled by its client.", context.TraceIdentifier);
        }
        catch (Exception error) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, error);
        }
    }

    /// <summary>
    /// Binding answers a body above the limit with a bare 413, and a query value that it cannot read with a bare 400, instead of
    /// an exception.
    /// </summary>
    private static void CheckBinding(HttpContext context)
    {
        if (context.Response is not { HasStarted: false, ContentType: null, StatusCode: var status }
            || context.GetEndpoint()?.Metadata.GetMetadata<IRequestSizeLimitMetadata>()?.MaxRequestBodySize != ApiEdge.MaxJsonBody)
            return;
        if (status == StatusCodes.Status413PayloadTooLarge)
            throw new CloudreveException(ErrorCode.BadParameter, "The request body is too large.");
        if (status == StatusCodes.Status400BadRequest)
            throw new CloudreveException(ErrorCode.BadParameter, "The request is malformed.");
    }

    private async Task AnswerAsync(HttpContext context, Exception error)
    {
        var (code, message) = Describe(error);
        Log(context, error, code);
        var failure = Failures.Of(error, code, message) with { CorrelationId = context.TraceIdentifier };
        context.Response.StatusCode = StatusCodes.Status200OK;
        await context.Response.WriteAsJsonAsync(failure, EdgeJsonContext.Default.ApiFailure, cancellationToken: context.RequestAborted);
    }

    /// <summary>What clients may know of an error.</summary>
    /// <param name="error">The error.</param>
    internal static (ErrorCode Code, string Message) Describe(Exception error) => error switch
    {
        CloudreveException e => (e.Code, e.Message),
        BadHttpRequestException or JsonException => (ErrorCode.BadParameter, "The request is malformed."),
        StorageUnavailableException => (ErrorCode.DatabaseError, "The metadata store is not available; try again later."),
        StorageException => (ErrorCode.DatabaseError, "The metadata store failed."),
        _ => (ErrorCode.UnsetError, "An internal error occurred."),
    };

    private void Log(HttpContext context, Exception error, ErrorCode code)
    {
        var level = code is ErrorCode.UnsetError or >= ErrorCode.DatabaseError ? LogLevel.Error : LogLevel.Debug;
        // The query string may hold signatures and tokens, so only the path is logged.
        logger.Log(level, error, "Request {CorrelationId} {Method} {Path} failed with code {Code}.",
            context.TraceIdentifier, context.Request.Method, context.Request.Path.Value, (int)code);
    }
}
