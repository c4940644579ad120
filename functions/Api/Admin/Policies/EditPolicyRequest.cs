using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Editing;

namespace Cloudreve.Functions.Api.Admin.Policies;

/// <summary>The body of requests that create or change a storage policy.</summary>
internal sealed record EditPolicyRequest(PolicyRequest Policy);

/// <summary>A storage policy as the administration sends it (contract, section 22).</summary>
/// <param name="Name">The display name.</param>
internal sealed record PolicyRequest(string Name)
{
    /// <summary>The policy; null or 0 for one that does not exist yet.</summary>
    public int? Id { get; init; }

    public string? Type { get; init; }

    public string? Server { get; init; }

    public string? BucketName { get; init; }

    public bool? IsPrivate { get; init; }

    public string? AccessKey { get; init; }

    public string? SecretKey { get; init; }

    public long? MaxSize { get; init; }

    public string? DirNameRule { get; init; }

    public string? FileNameRule { get; init; }

    public StoragePolicySettings? Settings { get; init; }

    /// <summary>The draft that the request describes.</summary>
    public PolicyDraft ToDraft() => new()
    {
        Name = Name,
        Type = Type,
        Server = Server,
        BucketName = BucketName,
        IsPrivate = IsPrivate ?? false,
        AccessKey = AccessKey,
        SecretKey = SecretKey,
        MaxSize = MaxSize ?? 0,
        DirNameRule = DirNameRule,
        FileNameRule = FileNameRule,
        Settings = Settings ?? new StoragePolicySettings(),
    };
}
