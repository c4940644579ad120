using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Admin.Nodes;

/// <summary>A node as administrators see it (contract, section 22).</summary>
internal sealed record AdminNodeResponse(int Id, string Name, string Type, string Status, string Capabilities, int Weight,
    AdminNodeSettings Settings)
{
    /// <summary>The objects that refer to the node: none, since no policy stores files on one.</summary>
    public AdminNodeEdges Edges { get; init; } = new();

    /// <summary>Shapes a node.</summary>
    public static AdminNodeResponse Of(Node node) => new(
        node.Id, node.Name, node.IsMaster ? "master" : "slave", node.IsActive ? "active" : "suspended", node.Capabilities.ToString(), node.Weight,
        AdminNodeSettings.Of(node.Settings));
}

/// <summary>The objects that refer to a node.</summary>
internal sealed record AdminNodeEdges;

/// <summary>A page of nodes.</summary>
internal sealed record AdminNodeListResponse(IReadOnlyList<AdminNodeResponse> Nodes, PaginationResponse Pagination);
