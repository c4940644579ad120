namespace Cloudreve.AzureStorage.Blobs;

/// <summary>The state of the copy that made a blob.</summary>
public enum BlobCopyState
{
    /// <summary>The blob is whole.</summary>
    Done,

    /// <summary>The service is still copying.</summary>
    Pending,

    /// <summary>The copy has failed or was aborted; the blob is empty.</summary>
    Failed,
}
