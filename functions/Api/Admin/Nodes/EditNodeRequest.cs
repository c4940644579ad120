using System.Text.Json;
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

    /// <summary>The settings of a downloader on the node, which is not supported.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Settings { get; init; }

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
        if (Settings?.Any(setting => !IsUnchanged(setting.Key, setting.Value)) is true)
            throw new CloudreveException(ErrorCode.FeatureDisabled, "Links are downloaded by the site itself, so the settings of a downloader cannot be changed.");
        return new NodeDraft(Name, Capabilities, Weight ?? 0);
    }

    private static bool IsUnchanged(string name, JsonElement value) => name == "interval" && value.ValueKind == JsonValueKind.Number
        ? value.GetDouble() is 0 or AdminNodeSettings.OnlyInterval
        : !IsGiven(value);

    /// <summary>The dashboard sends empty forms as empty objects and texts.</summary>
    private static bool IsGiven(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => false,
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Number => value.GetDouble() != 0,
        JsonValueKind.Object => value.EnumerateObject().Any(property => IsGiven(property.Value)),
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => true,
    };
}
