using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>A file's description for a viewer: the properties of the protocol's CheckFileInfo (contract, section 16).</summary>
internal sealed record WopiFileInfo
{
    public required string BaseFileName { get; init; }

    /// <summary>Changes with the content.</summary>
    public required string Version { get; init; }

    public required long Size { get; init; }

    public required string BreadcrumbBrandName { get; init; }

    public required string BreadcrumbBrandUrl { get; init; }

    public required string BreadcrumbFolderName { get; init; }

    public required string BreadcrumbFolderUrl { get; init; }

    public bool FileSharingPostMessage { get; init; }

    public bool FileVersionPostMessage { get; init; }

    public bool ClosePostMessage { get; init; } = true;

    public string PostMessageOrigin { get; init; } = "*";

    /// <summary>The maximum length of a name, in characters.</summary>
    public int FileNameMaxLength { get; init; } = 256;

    public required string LastModifiedTime { get; init; }

    public bool IsAnonymousUser { get; init; }

    public required string UserFriendlyName { get; init; }

    public required string UserId { get; init; }

    public required string OwnerId { get; init; }

    public bool ReadOnly => !UserCanWrite;

    /// <summary>Renaming through the protocol is not offered.</summary>
    public bool UserCanRename { get; init; }

    public bool UserCanReview => UserCanWrite;

    public bool UserCanWrite { get; init; }

    public bool UserCanNotWriteRelative => !UserCanWrite;

    public bool SupportsRename { get; init; }

    public bool SupportsReviewing { get; init; } = true;

    public bool SupportsUpdate { get; init; } = true;

    public bool SupportsLocks { get; init; } = true;

    public bool EnableShare { get; init; }
}

/// <summary>The description for a viewer of a file that it created.</summary>
/// <param name="Url">Its address for viewers, with a token.</param>
internal sealed record WopiNewFile(string Name, string Url);

/// <summary>JSON of the protocol, whose names are the properties' own.</summary>
[JsonSerializable(typeof(WopiFileInfo))]
[JsonSerializable(typeof(WopiNewFile))]
internal sealed partial class WopiJsonContext : JsonSerializerContext;
