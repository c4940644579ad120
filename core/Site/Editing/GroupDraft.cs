namespace Cloudreve.Core.Site.Editing;

/// <summary>A group as an administrator describes it.</summary>
public sealed record GroupDraft
{
    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>Storage of each member, in bytes.</summary>
    public long MaxStorage { get; init; }

    /// <summary>Bytes per second of downloads; 0 for no limit.</summary>
    public long SpeedLimit { get; init; }

    /// <summary>The permissions of members, as a boolset in Base64; null or empty for none.</summary>
    public string? Permissions { get; init; }

    /// <summary>Limits that are not permissions.</summary>
    public GroupSettings Settings { get; init; } = new();

    /// <summary>The storage policy of new files; null or 0 when members cannot store files.</summary>
    public int? StoragePolicyId { get; init; }
}
