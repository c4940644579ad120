using Cloudreve.AzureStorage;
using Cloudreve.Core.Errors;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>A request of a viewer that is refused.</summary>
/// <param name="status">The HTTP status that the protocol gives the reason.</param>
/// <param name="message">The reason, for the viewer's log.</param>
internal sealed class WopiException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>With status 409: what the lock in the way is called, empty when there is none of a viewer; else null.</summary>
    public string? HeldLock { get; init; }
}

/// <summary>Answers of the protocol: HTTP statuses and headers, no envelope (contract, sections 1 and 16).</summary>
internal static class WopiAnswer
{
    /// <summary>The header with what a lock is called.</summary>
    public const string LockHeader = "X-WOPI-Lock";

    /// <summary>The header with the version of a file.</summary>
    public const string VersionHeader = "X-WOPI-ItemVersion";

    private const string ErrorHeader = "X-WOPI-ServerError";

    /// <summary>Runs a handler and turns what it throws into an answer.</summary>
    /// <param name="http">The request.</param>
    /// <param name="handle">The handler.</param>
    public static async Task GuardAsync(HttpContext http, Func<Task> handle)
    {
        try
        {
            await handle();
        }
        catch (WopiException e) when (!http.Response.HasStarted)
        {
            Refuse(http.Response, e.Status, e.Message);
            if (e.HeldLock is not null)
                http.Response.Headers[LockHeader] = e.HeldLock;
        }
        catch (CloudreveException e) when (!http.Response.HasStarted)
        {
            Refuse(http.Response, StatusOf(e.Code), e.Message);
        }
        catch (StorageNotFoundException) when (!http.Response.HasStarted)
        {
            Refuse(http.Response, StatusCodes.Status404NotFound, "The content does not exist any more.");
        }
        catch (StorageException) when (!http.Response.HasStarted)
        {
            Refuse(http.Response, StatusCodes.Status500InternalServerError, "The storage is not available.");
        }
    }

    private static void Refuse(HttpResponse response, int status, string message)
    {
        response.Clear();
        response.StatusCode = status;
        response.Headers.CacheControl = "private, no-cache";
        response.Headers[ErrorHeader] = message;
    }

    private static int StatusOf(ErrorCode code) => code switch
    {
        ErrorCode.NotFound or ErrorCode.PathNotFound or ErrorCode.FileNotFound or ErrorCode.BlobNotFound or ErrorCode.FileInTrash => StatusCodes.Status404NotFound,
        ErrorCode.LockConflict or ErrorCode.StaleVersion or ErrorCode.Conflict or ErrorCode.ObjectExists or ErrorCode.NameBeingUploaded => StatusCodes.Status409Conflict,
        ErrorCode.FileTooLarge or ErrorCode.QuotaExceeded => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.BadParameter or ErrorCode.BadContentLength or ErrorCode.IllegalName or ErrorCode.FileTypeRefused => StatusCodes.Status400BadRequest,
        ErrorCode.DatabaseError or ErrorCode.IoError or ErrorCode.UnsetError => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status403Forbidden,
    };
}
