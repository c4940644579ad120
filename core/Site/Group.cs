using System.Text.Json;
using Cloudreve.Core.Infrastructure.Boolsets;

namespace Cloudreve.Core.Site;

/// <summary>The permissions of a group; the numbers are bits of a boolset (contract, section 11.1).</summary>
public enum GroupPermission
{
    /// <summary>Administers the site.</summary>
    IsAdmin = 0,

    /// <summary>The group of callers without an account.</summary>
    IsAnonymous = 1,

    /// <summary>May create share links.</summary>
    Share = 2,

    /// <summary>May use WebDAV.</summary>
    WebDav = 3,

    /// <summary>May download several files as one archive.</summary>
    ArchiveDownload = 4,

    /// <summary>May create and extract archives.</summary>
    ArchiveTask = 5,

    /// <summary>WebDAV downloads may be streamed through the server.</summary>
    WebDavProxy = 6,

    /// <summary>May download from share links.</summary>
    ShareDownload = 7,

    /// <summary>Downloads from priced share links for free.</summary>
    FreeShareDownload = 8,

    /// <summary>May have files downloaded from other sites.</summary>
    RemoteDownload = 9,

    /// <summary>May move blobs to another storage policy.</summary>
    Relocate = 10,

    /// <summary>Direct links redirect; the stored flag is <see cref="GroupSettings.RedirectedSource"/>.</summary>
    RedirectedSource = 11,

    /// <summary>May choose how files are deleted.</summary>
    AdvanceDelete = 12,

    /// <summary>May choose the node of a task.</summary>
    SelectNode = 13,

    /// <summary>May set permissions of anonymous callers.</summary>
    SetAnonymousPermission = 14,

    /// <summary>May set permissions of single users.</summary>
    SetExplicitUserPermission = 15,

    /// <summary>May act on files of others.</summary>
    IgnoreFileOwnership = 16,

    /// <summary>Every direct link is a new one.</summary>
    UniqueDirectLink = 17,
}

/// <summary>Limits of a group that are not permissions.</summary>
public sealed record GroupSettings
{
    /// <summary>Maximum total size of the files in one archive, in bytes; 0 for no limit.</summary>
    public long CompressSize { get; init; }

    /// <summary>Maximum size of an archive to extract, in bytes; 0 for no limit.</summary>
    public long DecompressSize { get; init; }

    /// <summary>Options that are passed to the downloader of remote downloads.</summary>
    public IReadOnlyDictionary<string, JsonElement>? RemoteDownloadOptions { get; init; }

    /// <summary>Maximum number of direct links that one call may create; 0 for none.</summary>
    public int SourceBatch { get; init; }

    /// <summary>Maximum number of remote downloads that one call may create.</summary>
    public int Aria2Batch { get; init; }

    /// <summary>Maximum number of files that a walk through folders may visit.</summary>
    public int MaxWalkedFiles { get; init; }

    /// <summary>The time that deleted files stay in the trash, in seconds.</summary>
    public int TrashRetention { get; init; }

    /// <summary>True if direct links are permanent addresses that redirect.</summary>
    public bool RedirectedSource { get; init; }
}

/// <summary>A group of users.</summary>
public sealed record Group
{
    /// <summary>The seeded group of administrators.</summary>
    public const int AdminId = 1;

    /// <summary>The seeded group of new users.</summary>
    public const int UserId = 2;

    /// <summary>The seeded group of callers without an account.</summary>
    public const int AnonymousId = 3;

    /// <summary>The group's id.</summary>
    public required int Id { get; init; }

    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>Storage of each member, in bytes.</summary>
    public long MaxStorage { get; init; }

    /// <summary>Bytes per second of downloads; 0 for no limit.</summary>
    public long SpeedLimit { get; init; }

    /// <summary>The permissions of members.</summary>
    public Boolset Permissions { get; init; }

    /// <summary>Limits that are not permissions.</summary>
    public GroupSettings Settings { get; init; } = new();

    /// <summary>The storage policy of new files; null when members cannot store files.</summary>
    public int? StoragePolicyId { get; init; }

    /// <summary>Checks whether members have a permission.</summary>
    public bool Allows(GroupPermission permission) => Permissions[(int)permission];
}
