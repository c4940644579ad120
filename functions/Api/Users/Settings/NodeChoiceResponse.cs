using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>A node as users see it.</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="Name">The display name.</param>
/// <param name="Type">master or slave.</param>
/// <param name="Capabilities">Boolset of what it can do.</param>
internal sealed record NodeChoiceResponse(string Id, string Name, string Type, string Capabilities)
{
    /// <summary>Describes a node.</summary>
    public static NodeChoiceResponse Of(Node node, SiteSettings site) =>
        new(site.HashIds.Encode(node.Id, HashIdKind.Node), node.Name, node.IsMaster ? "master" : "slave", node.Capabilities.ToString());
}
