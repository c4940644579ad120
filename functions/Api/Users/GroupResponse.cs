using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Users;

/// <summary>A user's group as clients see it.</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="Name">The display name.</param>
internal sealed record GroupResponse(string Id, string Name)
{
    /// <summary>Boolset of permissions; only for the member.</summary>
    public string? Permission { get; init; }

    /// <summary>Maximum number of direct links that one call may create; only for the member.</summary>
    public int? DirectLinkBatchSize { get; init; }

    /// <summary>Seconds that deleted files stay in the trash; only for the member.</summary>
    public int? TrashRetention { get; init; }

    /// <summary>The group as its members see it.</summary>
    public static GroupResponse Own(Group group, SiteSettings site) => Redacted(group, site) with
    {
        Permission = group.Permissions.ToString(),
        DirectLinkBatchSize = group.Settings.SourceBatch,
        TrashRetention = group.Settings.TrashRetention,
    };

    /// <summary>The group as others see it.</summary>
    public static GroupResponse Redacted(Group group, SiteSettings site) => new(site.HashIds.Encode(group.Id, HashIdKind.Group), group.Name);
}
