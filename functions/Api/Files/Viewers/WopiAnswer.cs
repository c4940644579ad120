using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Files.Content;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>A response of the protocol: HTTP status and headers, no envelope (contract, sections 1 and 16).</summary>
/// <param name="handle">Handles the request; its failures become statuses of the protocol.</param>
internal sealed class WopiAnswer(Func<HttpContext, Task> handle) : IResult
{
    /// <summary>The header with the name of a lock.</summary>
    public const string LockHeader = "X-WOPI-Lock";

    /// <summary>The header with the version of a file.</summary>
    public const string VersionHeader = "X-WOPI-ItemVersion";

    private const string ErrorHeader = "X-WOPI-ServerError";

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        try
        {
            await handle(httpContext);
        }
        catch (WopiException e) when (!response.HasStarted)
        {
            Refuse(response, e.Status, e.Message);
            if (e.HeldLock is not null)
                response.Headers[LockHeader] = e.HeldLock;
        }
        catch (CloudreveException e) when (!response.HasStarted)
        {
            Refuse(response, StatusOf(e.Code), e.Message);
        }
        catch (StorageNotFoundException) when (!response.HasStarted)
        {
            Refuse(response, StatusCodes.Status404NotFound, "The content no longer exists.");
        }
        catch (StorageException) when (!response.HasStarted)
        {
            Refuse(response, StatusCodes.Status500InternalServerError, "The storage is not available.");
        }
    }

    /// <summary>The response to a failure of the API.</summary>
    /// <param name="message">The message for viewers' logs.</param>
    public static WopiAnswer Refusal(ErrorCode code, string message) => new(_ => throw new CloudreveException(code, message));

    private static void Refuse(HttpResponse response, int status, string message)
    {
        response.Clear();
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.Headers[ErrorHeader] = message;
        if (status == StatusCodes.Status429TooManyRequests)
            response.Headers.RetryAfter = ContentFailure.RetryAfter;
    }

    private static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.NotFound or ErrorCode.PathNotFound or ErrorCode.FileNotFound or ErrorCode.BlobNotFound or ErrorCode.FileInTrash => StatusCodes.Status404NotFound,
        ErrorCode.LockConflict or ErrorCode.StaleVersion or ErrorCode.Conflict or ErrorCode.ObjectExists or ErrorCode.NameBeingUploaded => StatusCodes.Status409Conflict,
        ErrorCode.FileTooLarge or ErrorCode.QuotaExceeded => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.BadParameter or ErrorCode.BadContentLength or ErrorCode.IllegalName or ErrorCode.FileTypeRefused => StatusCodes.Status400BadRequest,
        ErrorCode.TooManyRequests => StatusCodes.Status429TooManyRequests,
        ErrorCode.DatabaseError or ErrorCode.IoError or ErrorCode.UnsetError => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status403Forbidden,
    };
}
