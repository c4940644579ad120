using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>The WebDAV status codes of domain errors (contract, section 20; RFC 4918, section 11).</summary>
internal static class DavStatus
{
    /// <summary>The status of a failure.</summary>
    public static int Of(ErrorCode code) => code switch
    {
        ErrorCode.LoginRequired or ErrorCode.CredentialInvalid => StatusCodes.Status401Unauthorized,
        ErrorCode.NotFound or ErrorCode.PathNotFound or ErrorCode.FileNotFound or ErrorCode.BlobNotFound or ErrorCode.FileInTrash or ErrorCode.ShareNotFound
            => StatusCodes.Status404NotFound,
        ErrorCode.ObjectExists => StatusCodes.Status405MethodNotAllowed,
        ErrorCode.StaleVersion => StatusCodes.Status412PreconditionFailed,
        ErrorCode.LockConflict or ErrorCode.NameBeingUploaded => StatusCodes.Status423Locked,
        ErrorCode.FileTooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorCode.QuotaExceeded or ErrorCode.WalkLimitReached => StatusCodes.Status507InsufficientStorage,
        ErrorCode.BadParameter or ErrorCode.BadContentLength => StatusCodes.Status400BadRequest,
        ErrorCode.TooManyRequests => StatusCodes.Status429TooManyRequests,
        // A competing call was faster, or storage is unavailable: the same request may succeed in a moment.
        ErrorCode.Conflict or ErrorCode.UploadSessionExpired or ErrorCode.DatabaseError => StatusCodes.Status503ServiceUnavailable,
        ErrorCode.UnsetError or ErrorCode.IoError or ErrorCode.EncryptionError or ErrorCode.InternalSetting => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status403Forbidden,
    };

    /// <summary>Checks whether a client should try again and be told when.</summary>
    public static bool IsTemporary(int status) => status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable;
}
