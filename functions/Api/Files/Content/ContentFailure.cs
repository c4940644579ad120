using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Content;

/// <summary>Responds to a failure to send content with a real status, which download clients check, and an envelope.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">The documented code.</param>
/// <param name="Message">A message for people.</param>
internal sealed record ContentFailure(int Status, ErrorCode Code, string Message) : IResult
{
    /// <summary>The header of answers with status 429: when to try again, in seconds.</summary>
    public const string RetryAfter = "5";

    /// <summary>The response to an error; null for one that content does not handle itself.</summary>
    public static ContentFailure? Of(Exception error) => error switch
    {
        CloudreveException { Code: ErrorCode.BlobNotFound } e => new(StatusCodes.Status404NotFound, e.Code, e.Message),
        CloudreveException { Code: ErrorCode.TooManyRequests } e => new(StatusCodes.Status429TooManyRequests, e.Code, e.Message),
        CloudreveException e => new(StatusCodes.Status403Forbidden, e.Code, e.Message),
        StorageNotFoundException => new(StatusCodes.Status404NotFound, ErrorCode.BlobNotFound, "The content no longer exists."),
        StorageException => new(StatusCodes.Status503ServiceUnavailable, ErrorCode.IoError, "The content cannot be read at the moment."),
        _ => null,
    };

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        // Headers that describe the content must not stay: a cache would keep the error under the content's ETag.
        response.Clear();
        ContentHeaders.SetShared(response);
        response.StatusCode = Status;
        response.Headers.CacheControl = "private, no-cache";
        if (Status == StatusCodes.Status429TooManyRequests)
            response.Headers.RetryAfter = RetryAfter;
        var failure = new ApiFailure { Code = (int)Code, Msg = Message, CorrelationId = httpContext.TraceIdentifier };
        return response.WriteAsJsonAsync(failure, ApiJson.Options, httpContext.RequestAborted);
    }
}
