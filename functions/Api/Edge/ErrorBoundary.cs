using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Turns whatever a function throws into the envelope of a failure, or the form that the function declares, and keeps from clients what
/// is not theirs to know.
/// </summary>
/// <param name="functions">The declarations of the functions.</param>
/// <param name="logger">Receives what clients do not see.</param>
internal sealed class ErrorBoundary(HttpFunctions functions, ILogger<ErrorBoundary> logger) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var (http, function) = (context.GetHttpContext()!, context.FunctionDefinition.Name);
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested || context.CancellationToken.IsCancellationRequested)
        {
            // The client has disconnected; nobody reads a response.
            logger.LogDebug("Request {CorrelationId} was cancelled by its client.", http.TraceIdentifier);
            http.Abort();
        }
        catch (SlowReaderException)
        {
            logger.LogInformation("The answer to request {CorrelationId} was read too slowly and cut off.", http.TraceIdentifier);
            http.Abort();
        }
        catch (Exception error) when (http.Response.HasStarted)
        {
            // A truncated response must not look complete.
            Log(http, function, error, Describe(error).Code);
            http.Abort();
        }
        catch (Exception error)
        {
            var (code, message) = Describe(error);
            Log(http, function, error, code);
            await AnswerAsync(http, functions.Of(context).Failures, error, code, message);
        }
    }

    /// <summary>The part of an error that clients may know.</summary>
    internal static (ErrorCode Code, string Message) Describe(Exception error) => error switch
    {
        CloudreveException e => (e.Code, e.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (ErrorCode.BadParameter, "The request body is too large."),
        BadHttpRequestException or JsonException => (ErrorCode.BadParameter, "The request is malformed."),
        StorageUnavailableException => (ErrorCode.DatabaseError, "The metadata store is not available; try again later."),
        StorageException => (ErrorCode.DatabaseError, "The metadata store failed."),
        _ => (ErrorCode.UnsetError, "An internal error occurred."),
    };

    private static Task AnswerAsync(HttpContext http, FailureFormAttribute? form, Exception error, ErrorCode code, string message)
    {
        if (form is not null)
            return form.Describe(http, code, message).ExecuteAsync(http);
        http.Response.StatusCode = ApiPaths.IsApi(http) ? StatusCodes.Status200OK : StatusOf(code);
        return http.Response.WriteAsJsonAsync(
            Failures.Of(error, code, message) with { CorrelationId = http.TraceIdentifier }, ApiJson.Options, http.RequestAborted);
    }

    /// <summary>The status outside the API's prefix, where clients do not expect an envelope.</summary>
    private static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.BadParameter => StatusCodes.Status400BadRequest,
        ErrorCode.TooManyRequests => StatusCodes.Status429TooManyRequests,
        ErrorCode.DatabaseError => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private void Log(HttpContext http, string function, Exception error, ErrorCode code)
    {
        var level = code is ErrorCode.UnsetError or >= ErrorCode.DatabaseError ? LogLevel.Error : LogLevel.Debug;
        // Queries hold signatures and tokens, and paths hold secrets of uploads, ids of links and their passwords.
        logger.Log(level, error, "Request {CorrelationId} of {Function} failed with code {Code}.", http.TraceIdentifier, function, (int)code);
    }
}
