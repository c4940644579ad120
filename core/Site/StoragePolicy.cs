using System.Text.Json.Serialization;

namespace Cloudreve.Core.Site;

/// <summary>The drivers that store blobs.</summary>
internal static class StorageDriver
{
    /// <summary>Azure Blob storage: the app's own account, or another one that <see cref="StoragePolicy.Server"/> names.</summary>
    public const string AzureBlob = "azblob";
}

/// <summary>Settings of a storage policy; the names are those of the administration (contract, section 22).</summary>
public sealed record StoragePolicySettings
{
    /// <summary>A provider's refresh token.</summary>
    public string? Token { get; init; }

    /// <summary>Extensions, without dot, that are allowed or refused; null for no rule.</summary>
    public IReadOnlyList<string>? FileType { get; init; }

    /// <summary>True if <see cref="FileType"/> lists the refused types.</summary>
    public bool IsFileTypeDenyList { get; init; }

    /// <summary>A regular expression that names must or must not match; null for no rule.</summary>
    public string? FileRegexp { get; init; }

    /// <summary>True if names must not match <see cref="FileRegexp"/>.</summary>
    public bool IsNameRegexpDenyList { get; init; }

    /// <summary>The redirect address of OneDrive sign-ins.</summary>
    public string? OdRedirect { get; init; }

    /// <summary>True if <see cref="ProxyServer"/> replaces scheme and host of the provider's addresses.</summary>
    public bool CustomProxy { get; init; }

    /// <summary>Scheme and host of a proxy.</summary>
    public string? ProxyServer { get; init; }

    /// <summary>True if downloads stream through the site.</summary>
    public bool InternalProxy { get; init; }

    /// <summary>The drive of a OneDrive policy.</summary>
    public string? OdDriver { get; init; }

    /// <summary>The provider's region.</summary>
    public string? Region { get; init; }

    /// <summary>The endpoint that the server uses instead of the clients' endpoint.</summary>
    public string? ServerSideEndpoint { get; init; }

    /// <summary>The size of upload chunks in bytes; 0 for no chunks.</summary>
    public long ChunkSize { get; init; }

    /// <summary>Requests per second to the provider; 0 for no limit.</summary>
    public double TpsLimit { get; init; }

    /// <summary>Number of requests that may exceed <see cref="TpsLimit"/> at once.</summary>
    public int TpsLimitBurst { get; init; }

    /// <summary>True if the bucket is in the path instead of the host name.</summary>
    public bool S3PathStyle { get; init; }

    /// <summary>Extensions of which the provider makes thumbnails.</summary>
    public IReadOnlyList<string>? ThumbExts { get; init; }

    /// <summary>True if the provider makes thumbnails of all extensions.</summary>
    public bool ThumbSupportAllExts { get; init; }

    /// <summary>The largest file, in bytes, of which the provider makes thumbnails; 0 for no limit.</summary>
    public long ThumbMaxSize { get; init; }

    /// <summary>True if uploads pass through the server.</summary>
    public bool Relay { get; init; }

    /// <summary>True if space is reserved before an upload.</summary>
    public bool PreAllocate { get; init; }

    /// <summary>Extensions of which the provider reads media metadata.</summary>
    public IReadOnlyList<string>? MediaMetaExts { get; init; }

    /// <summary>True if the server reads media metadata when the provider cannot.</summary>
    public bool MediaMetaGeneratorProxy { get; init; }

    /// <summary>True if the server makes thumbnails when the provider cannot.</summary>
    public bool ThumbGeneratorProxy { get; init; }

    /// <summary>True if the provider processes media itself.</summary>
    public bool NativeMediaProcessing { get; init; }

    /// <summary>Number of blobs that one request deletes.</summary>
    public int S3DeleteBatchSize { get; init; }

    /// <summary>True if browsers save downloads through a stream under the display name.</summary>
    public bool StreamSaver { get; init; }

    /// <summary>True if the endpoint is an alias of the bucket.</summary>
    public bool UseCname { get; init; }

    /// <summary>True if the provider asks the site about every download.</summary>
    public bool SourceAuth { get; init; }

    /// <summary>True if uploads use the provider's content delivery network.</summary>
    public bool QiniuUploadCdn { get; init; }

    /// <summary>Number of chunks that a client uploads at once; 0 leaves it to the client, and is left out, as forms refuse it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ChunkConcurrency { get; init; }

    /// <summary>True if blobs are encrypted by the server.</summary>
    public bool Encryption { get; init; }
}

/// <summary>The place and manner in which blobs are stored.</summary>
public sealed record StoragePolicy
{
    /// <summary>The seeded policy.</summary>
    public const int DefaultId = 1;

    /// <summary>The type of storage whose content passes through the site.</summary>
    public const string LocalType = "local";

    /// <summary>The type of storage that clients reach directly.</summary>
    public const string S3Type = "s3";

    /// <summary>The policy's id.</summary>
    public required int Id { get; init; }

    /// <summary>The display name.</summary>
    public required string Name { get; init; }

    /// <summary>The driver that stores the blobs, such as <see cref="StorageDriver.AzureBlob"/>.</summary>
    public required string Driver { get; init; }

    /// <summary>The provider's endpoint; empty for the app's own account.</summary>
    public string Server { get; init; } = "";

    /// <summary>The bucket or container.</summary>
    public string BucketName { get; init; } = "";

    /// <summary>True if reading blobs requires a signature.</summary>
    public bool IsPrivate { get; init; } = true;

    /// <summary>The provider's key name. Never shown to clients.</summary>
    public string AccessKey { get; init; } = "";

    /// <summary>The provider's secret. Never shown to clients.</summary>
    public string SecretKey { get; init; } = "";

    /// <summary>The largest file in bytes; 0 for no limit.</summary>
    public long MaxSize { get; init; }

    /// <summary>The folder of new blobs, with placeholders.</summary>
    public string DirNameRule { get; init; } = "";

    /// <summary>The name of new blobs, with placeholders.</summary>
    public string FileNameRule { get; init; } = "";

    /// <summary>The node that stores the blobs; null for the site itself.</summary>
    public int? NodeId { get; init; }

    /// <summary>Everything else.</summary>
    public StoragePolicySettings Settings { get; init; } = new();

    /// <summary>
    /// True if the policy was created as local storage: a container of the app's own account whose content always passes through the site.
    /// </summary>
    public bool IsLocal { get; init; }

    /// <summary>
    /// Earlier rules that <see cref="DirNameRule"/> replaced. Blobs that they named are still the product's own, so no import may turn them into
    /// files.
    /// </summary>
    public IReadOnlyList<string> FormerDirNameRules { get; init; } = [];

    /// <summary>
    /// True if the policy was deleted. Its row stays: an upload that another process accepted shortly before can still end, and its content can
    /// be read.
    /// </summary>
    public bool IsDeleted { get; init; }

    /// <summary>
    /// The type that clients choose their uploader by: Azure Blob is driven like S3, or like local storage when uploads pass
    /// through the server.
    /// </summary>
    public string ApiType => Driver == StorageDriver.AzureBlob ? (Settings.Relay ? LocalType : S3Type) : Driver;

    /// <summary>The type that the administration shows, from the policy's creation.</summary>
    public string AdminType => Driver == StorageDriver.AzureBlob ? (IsLocal ? LocalType : S3Type) : Driver;

    /// <summary>An address of the policy's account for clients: through the proxy, if there is one.</summary>
    public Uri PublicAddress(Uri address) =>
        Settings.CustomProxy && Uri.TryCreate(Settings.ProxyServer, UriKind.Absolute, out var proxy)
            ? new UriBuilder(address) { Scheme = proxy.Scheme, Host = proxy.Host, Port = proxy.Port }.Uri
            : address;
}
