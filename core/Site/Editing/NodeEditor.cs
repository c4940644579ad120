using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Site.Editing;

/// <summary>A node as an administrator describes it.</summary>
/// <param name="Name">The display name.</param>
/// <param name="Capabilities">The features of the node, as a boolset in Base64; null to leave them.</param>
/// <param name="Weight">Its share of the work.</param>
/// <param name="Settings">How it downloads torrents, with secrets that may be hidden; null to leave that.</param>
public sealed record NodeDraft(string Name, string? Capabilities, int Weight, NodeSettings? Settings = null);

/// <summary>Changes nodes (contract, section 24). The site itself is the only one: Azure Functions scales by itself.</summary>
/// <param name="catalog">The catalog that requests use.</param>
public sealed class NodeEditor(StorageLayout layout, SiteCatalog catalog)
{
    private const int MaxWeight = 1_000_000;

    /// <summary>A node as it is now. One transaction.</summary>
    /// <exception cref="CloudreveException">404: there is no such client.</exception>
    public async Task<Node> GetAsync(int id, CancellationToken cancellationToken = default) =>
        (await catalog.ReadNodesAsync(cancellationToken)).FirstOrDefault(node => node.Id == id) ?? throw NotFound();

    /// <summary>Changes a node. Two transactions.</summary>
    /// <param name="draft">The new description.</param>
    /// <exception cref="CloudreveException">40001, 404; 409 when it was changed at the same time.</exception>
    public async Task<Node> UpdateAsync(int id, NodeDraft draft, CancellationToken cancellationToken = default)
    {
        var row = await layout.Site.FindAsync(SiteRows.Nodes, SiteRows.Key(id), cancellationToken) ?? throw NotFound();
        EditedText.CheckName(draft.Name);
        if (draft.Weight is < 0 or > MaxWeight)
            throw new CloudreveException(ErrorCode.BadParameter, "The weight must be between 0 and 1,000,000.");
        var node = SiteRows.ReadNode(row, catalog.Keys);
        var capabilities = node.Capabilities;
        if (draft.Capabilities is not null && !Boolset.TryParse(draft.Capabilities, out capabilities))
            throw new CloudreveException(ErrorCode.BadParameter, "The capabilities are malformed.");
        var settings = draft.Settings is null ? node.Settings : NodeSettingsCheck.Resolve(draft.Settings, node.Settings);
        var changed = node with { Name = draft.Name, Weight = draft.Weight, Capabilities = capabilities, Settings = settings };
        try
        {
            await layout.Site.ReplaceAsync(SiteRows.Describe(changed, catalog.Keys), row.ETag, cancellationToken);
        }
        catch (StorageChangedException e)
        {
            throw new CloudreveException(ErrorCode.Conflict, "The node was changed at the same time; reload it and try again.", e);
        }
        finally
        {
            catalog.ForgetNodes();
        }
        return changed;
    }

    /// <summary>The settings that a form describes, with the secrets that it hides. One transaction.</summary>
    /// <param name="settings">The settings of the form.</param>
    /// <exception cref="CloudreveException">40001: they are not possible.</exception>
    public async Task<NodeSettings> ResolveAsync(NodeSettings settings, CancellationToken cancellationToken = default) =>
        NodeSettingsCheck.Resolve(settings, (await GetAsync(Node.MasterId, cancellationToken)).Settings);

    /// <summary>Refuses to delete a node. One transaction at most.</summary>
    /// <exception cref="CloudreveException">40046 for the site itself, 404 for others.</exception>
    public async Task DeleteAsync(int id, CancellationToken cancellationToken = default)
    {
        var node = await GetAsync(id, cancellationToken);
        throw new CloudreveException(ErrorCode.SystemNodeProtected, $"The node '{node.Name}' is the site itself and cannot be deleted.");
    }

    private static CloudreveException NotFound() => new(ErrorCode.NotFound, "The node does not exist.");
}
