using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Editing;

namespace Cloudreve.Functions.Api.Admin.Nodes;

/// <summary>The body of requests that create, change or test a node.</summary>
internal sealed record EditNodeRequest(NodeRequest Node);

/// <summary>A node as the administration sends it (contract, section 22).</summary>
/// <param name="Name">The display name.</param>
internal sealed record NodeRequest(string Name)
{
    private const string Active = "active";

    public string? Type { get; init; }

    public string? Status { get; init; }

    public string? Capabilities { get; init; }

    public int? Weight { get; init; }

    /// <summary>The settings of the node's downloader; null to leave them.</summary>
    public NodeSettingsRequest? Settings { get; init; }

    /// <summary>Checks whether it describes another machine than the site itself.</summary>
    /// <exception cref="CloudreveException">40001: there is no such type.</exception>
    public bool IsOther() => Type switch
    {
        "slave" => true,
        null or "" or "master" => false,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The type must be master or slave."),
    };

    /// <summary>The draft that the request describes.</summary>
    /// <exception cref="CloudreveException">40001, 40019, 40046: the site's own node cannot be changed to that.</exception>
    public NodeDraft ToDraft()
    {
        if (Type is not (null or "" or "master"))
            throw new CloudreveException(ErrorCode.BadParameter, "The type of a node cannot be changed.");
        if (Status is not (null or "" or Active))
        {
            throw Status == "suspended"
                ? new CloudreveException(ErrorCode.SystemNodeProtected, "The site's own node cannot be suspended.")
                : new CloudreveException(ErrorCode.BadParameter, "The status must be active or suspended.");
        }
        return new NodeDraft(Name, Capabilities, Weight ?? 0, Settings?.ToSettings());
    }
}
