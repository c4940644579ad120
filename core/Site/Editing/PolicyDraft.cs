namespace Cloudreve.Core.Site.Editing;

/// <summary>A storage policy as an administrator describes it. Null and an empty text mean no value.</summary>
public sealed record PolicyDraft
{
    /// <summary>The placeholder for a secret that is stored and not shown; as a new value it leaves the secret as it is.</summary>
    public const string HiddenSecret = "********";

    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of storage: <see cref="StoragePolicy.LocalType"/> or <see cref="StoragePolicy.S3Type"/>.</summary>
    public string? Type { get; init; }

    /// <summary>The blob endpoint of the storage account.</summary>
    public string? Server { get; init; }

    /// <summary>The container.</summary>
    public string? BucketName { get; init; }

    /// <summary>True if reading blobs requires a signature.</summary>
    public bool IsPrivate { get; init; }

    /// <summary>The account's name.</summary>
    public string? AccessKey { get; init; }

    /// <summary>One of the account's keys.</summary>
    public string? SecretKey { get; init; }

    /// <summary>The largest file in bytes; 0 for no limit.</summary>
    public long MaxSize { get; init; }

    /// <summary>The folder of new blobs, with placeholders.</summary>
    public string? DirNameRule { get; init; }

    /// <summary>The name of new blobs, with placeholders.</summary>
    public string? FileNameRule { get; init; }

    /// <summary>Everything else.</summary>
    public StoragePolicySettings Settings { get; init; } = new();
}
