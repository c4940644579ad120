using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Site;

/// <summary>A storage policy as clients see it: what they need for uploads, and no secret (contract, section 22).</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="Name">The display name.</param>
/// <param name="Type">The type by which clients choose their uploader.</param>
/// <param name="MaxSize">The largest file in bytes; 0 for no limit.</param>
internal sealed record StoragePolicyResponse(string Id, string Name, string Type, long MaxSize)
{
    /// <summary>True if uploads pass through the server.</summary>
    public bool? Relay { get; init; }

    /// <summary>Number of chunks to upload at once; left out when the client decides.</summary>
    public int? ChunkConcurrency { get; init; }

    /// <summary>True if blobs are encrypted.</summary>
    public bool? Encryption { get; init; }

    /// <summary>Extensions that are allowed; left out for all.</summary>
    public IReadOnlyList<string>? AllowedSuffix { get; init; }

    /// <summary>Extensions that are refused.</summary>
    public IReadOnlyList<string>? DeniedSuffix { get; init; }

    /// <summary>The pattern that names must match.</summary>
    public string? AllowedNameRegexp { get; init; }

    /// <summary>The pattern that names must not match.</summary>
    public string? DeniedNameRegexp { get; init; }

    /// <summary>Describes a policy.</summary>
    public static StoragePolicyResponse Of(StoragePolicy policy, SiteSettings site)
    {
        var settings = policy.Settings;
        var suffixes = settings.FileType is { Count: > 0 } ? settings.FileType : null;
        var pattern = string.IsNullOrEmpty(settings.FileRegexp) ? null : settings.FileRegexp;
        return new StoragePolicyResponse(site.HashIds.Encode(policy.Id, HashIdKind.Policy), policy.Name, policy.ApiType, policy.MaxSize)
        {
            Relay = settings.Relay ? true : null,
            ChunkConcurrency = settings.ChunkConcurrency > 0 ? settings.ChunkConcurrency : null,
            Encryption = settings.Encryption ? true : null,
            AllowedSuffix = settings.IsFileTypeDenyList ? null : suffixes,
            DeniedSuffix = settings.IsFileTypeDenyList ? suffixes : null,
            AllowedNameRegexp = settings.IsNameRegexpDenyList ? null : pattern,
            DeniedNameRegexp = settings.IsNameRegexpDenyList ? pattern : null,
        };
    }
}
