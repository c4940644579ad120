using Azure.Core;

namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>
/// The time that storage may take to respond. A try without a response is repeated on another connection, so a limit far above what healthy
/// storage needs costs little where it is passed, and one that is too long stalls whoever waits (docs/operations.md, "When storage is slow").
/// </summary>
internal static class CallLimits
{
    /// <summary>The time until a connection is established.</summary>
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(5);

    /// <summary>One row: milliseconds when storage is healthy, and part of nearly every request.</summary>
    public static readonly TimeSpan Row = TimeSpan.FromSeconds(5);

    /// <summary>Queries, writes, queues, and blobs without their content.</summary>
    public static readonly TimeSpan Metadata = TimeSpan.FromSeconds(10);

    /// <summary>Work for which the service reads or lists much before it responds: copies, commits and lists of blocks, listings.</summary>
    public static readonly TimeSpan Work = TimeSpan.FromSeconds(60);

    /// <summary>A pause in the transfer of content. Content that moves has no limit.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    /// <summary>No further try of a call for metadata begins later than this after the first one.</summary>
    public static readonly TimeSpan LastTry = TimeSpan.FromSeconds(12);

    /// <summary>No further try of a call for content begins later than this after the first one.</summary>
    public static readonly TimeSpan LastContentTry = TimeSpan.FromSeconds(60);

    /// <summary>The time that one try of a request may go without a response.</summary>
    /// <param name="isContent">True if it moves content.</param>
    public static TimeSpan Of(StorageCall call, bool isContent)
    {
        // Uploads are watched by PacedUploads, since a large body has no fixed duration.
        if (isContent)
            return call.Method == RequestMethod.Put.Method ? Timeout.InfiniteTimeSpan : Pause;
        return call.Service switch
        {
            StorageService.Blob when IsWork(call) => Work,
            StorageService.Table when call.Method == RequestMethod.Get.Method && call.Uri.AbsolutePath.Contains("RowKey=", StringComparison.Ordinal) => Row,
            _ => Metadata,
        };
    }

    private static bool IsWork(StorageCall call) =>
        call.Method == RequestMethod.Put.Method || call.Uri.Query.Contains("comp=list", StringComparison.Ordinal)
        || call.Uri.Query.Contains("comp=blocklist", StringComparison.Ordinal);
}
