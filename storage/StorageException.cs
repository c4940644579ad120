namespace Cloudreve.AzureStorage;

/// <summary>A failed storage call. Subtypes name the reasons that callers act on.</summary>
public class StorageException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A row, blob or message that the call needs does not exist (HTTP 404).</summary>
/// <param name="failedIndex">In a batch, the zero-based index of the failing operation; otherwise 0.</param>
/// <param name="innerException">The SDK's own error.</param>
public sealed class StorageNotFoundException(string message, int failedIndex = 0, Exception? innerException = null)
    : StorageException(message, innerException)
{
    /// <summary>In a batch, the zero-based index of the failing operation; otherwise 0.</summary>
    public int FailedIndex { get; } = failedIndex;
}

/// <summary>A row or blob that must not exist does (HTTP 409).</summary>
/// <param name="failedIndex">In a batch, the zero-based index of the failing operation; otherwise 0.</param>
/// <param name="innerException">The SDK's own error.</param>
public sealed class StorageExistsException(string message, int failedIndex = 0, Exception? innerException = null)
    : StorageException(message, innerException)
{
    /// <summary>In a batch, the zero-based index of the failing operation; otherwise 0.</summary>
    public int FailedIndex { get; } = failedIndex;
}

/// <summary>The ETag no longer matches: the row or blob was changed in between (HTTP 412).</summary>
/// <param name="message">A description of the change.</param>
/// <param name="failedIndex">In a batch, the zero-based index of the failing operation; otherwise 0.</param>
/// <param name="innerException">The SDK's own error.</param>
public sealed class StorageChangedException(string message, int failedIndex = 0, Exception? innerException = null)
    : StorageException(message, innerException)
{
    /// <summary>In a batch, the zero-based index of the failing operation; otherwise 0.</summary>
    public int FailedIndex { get; } = failedIndex;
}

/// <summary>The service is throttling, timing out or down, and the retries of the pipeline are used up.</summary>
public sealed class StorageUnavailableException(string message, Exception? innerException = null)
    : StorageException(message, innerException);

/// <summary>
/// The service's response cannot be read, such as a listing with a name that XML does not allow. A repeated request gets the same response.
/// </summary>
public sealed class StorageUnreadableException(string message, Exception? innerException = null)
    : StorageException(message, innerException);
