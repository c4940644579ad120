using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Site;

/// <summary>
/// Groups, storage policies and nodes. Each kind is read completely in one transaction and kept for <see cref="MaxAge"/>: a change by
/// another process is visible after that time at most, unless storage is slow or down.
/// </summary>
public sealed class SiteCatalog
{
    /// <summary>The maximum age of the cached catalog.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    // Groups and policies decide on permissions.
    private static readonly AgeLimits Limits = new(MaxAge, TimeSpan.FromMinutes(2));

    private readonly StorageLayout _layout;
    private readonly SealingKeys _keys;
    private readonly AgedValue<IReadOnlyDictionary<int, Group>> _groups;
    private readonly AgedValue<IReadOnlyDictionary<int, StoragePolicy>> _policies;
    private readonly AgedValue<IReadOnlyDictionary<int, Node>> _nodes;

    /// <summary>Creates the catalog; reads nothing yet.</summary>
    /// <param name="clock">Determines the age of what was read.</param>
    /// <param name="keys">Seal secrets of policies; null to store them as they are.</param>
    public SiteCatalog(StorageLayout layout, TimeProvider clock, SealingKeys? keys = null)
    {
        _layout = layout;
        _keys = keys ?? SealingKeys.None;
        _groups = Kept(SiteRows.Groups, SiteRows.ReadGroup, group => group.Id, clock);
        _policies = Kept(SiteRows.Policies, row => SiteRows.ReadPolicy(row, _keys), policy => policy.Id, clock);
        _nodes = Kept(SiteRows.Nodes, row => SiteRows.ReadNode(row, _keys), node => node.Id, clock);
    }

    /// <summary>Finds a group; null when there is none.</summary>
    public async ValueTask<Group?> FindGroupAsync(int id, CancellationToken cancellationToken = default) =>
        await FindAsync(_groups, id, cancellationToken);

    /// <summary>A group.</summary>
    /// <exception cref="CloudreveException">40039: there is none.</exception>
    public async ValueTask<Group> GetGroupAsync(int id, CancellationToken cancellationToken = default) =>
        await FindGroupAsync(id, cancellationToken) ?? throw new CloudreveException(ErrorCode.GroupNotFound, "The group does not exist.");

    /// <summary>All groups, by id.</summary>
    public async ValueTask<IReadOnlyList<Group>> ListGroupsAsync(CancellationToken cancellationToken = default) =>
        [.. (await _groups.GetAsync(cancellationToken)).Values.OrderBy(group => group.Id)];

    /// <summary>All nodes, by id.</summary>
    public async ValueTask<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken = default) =>
        [.. (await _nodes.GetAsync(cancellationToken)).Values.OrderBy(node => node.Id)];

    /// <summary>All storage policies, deleted ones included. One transaction now and then.</summary>
    public async ValueTask<IReadOnlyList<StoragePolicy>> ListPoliciesAsync(CancellationToken cancellationToken = default) =>
        [.. (await _policies.GetAsync(cancellationToken)).Values];

    /// <summary>All groups as they are now, by id. One transaction.</summary>
    public ValueTask<IReadOnlyList<Group>> ReadGroupsAsync(CancellationToken cancellationToken = default)
    {
        _groups.Forget();
        return ListGroupsAsync(cancellationToken);
    }

    /// <summary>All storage policies as they are now, deleted ones included. One transaction.</summary>
    public ValueTask<IReadOnlyList<StoragePolicy>> ReadPoliciesAsync(CancellationToken cancellationToken = default)
    {
        _policies.Forget();
        return ListPoliciesAsync(cancellationToken);
    }

    /// <summary>All nodes as they are now, by id. One transaction.</summary>
    public ValueTask<IReadOnlyList<Node>> ReadNodesAsync(CancellationToken cancellationToken = default)
    {
        _nodes.Forget();
        return ListNodesAsync(cancellationToken);
    }

    /// <summary>Finds a storage policy, even a deleted one; null when there is none.</summary>
    public async ValueTask<StoragePolicy?> FindPolicyAsync(int id, CancellationToken cancellationToken = default) =>
        await FindAsync(_policies, id, cancellationToken);

    /// <summary>A storage policy.</summary>
    /// <exception cref="CloudreveException">40035: there is none.</exception>
    public async ValueTask<StoragePolicy> GetPolicyAsync(int id, CancellationToken cancellationToken = default) =>
        await FindPolicyAsync(id, cancellationToken) ?? throw NoPolicy();

    /// <summary>A storage policy that may get new content.</summary>
    /// <exception cref="CloudreveException">40035: there is none, or it was deleted.</exception>
    public async ValueTask<StoragePolicy> GetUsablePolicyAsync(int id, CancellationToken cancellationToken = default) =>
        await GetPolicyAsync(id, cancellationToken) is { IsDeleted: false } policy ? policy : throw NoPolicy();

    /// <summary>A node.</summary>
    /// <param name="id">The node's id.</param>
    /// <exception cref="CloudreveException">404: there is no such client.</exception>
    public async ValueTask<Node> GetNodeAsync(int id, CancellationToken cancellationToken = default) =>
        await FindAsync(_nodes, id, cancellationToken) ?? throw new CloudreveException(ErrorCode.NotFound, "The node does not exist.");

    /// <summary>Adds or replaces a group. One transaction.</summary>
    public async Task SaveGroupAsync(Group group, CancellationToken cancellationToken = default)
    {
        await _layout.Site.UpsertAsync(SiteRows.Describe(group), cancellationToken);
        _groups.Forget();
    }

    /// <summary>Adds or replaces a storage policy. One transaction.</summary>
    public async Task SavePolicyAsync(StoragePolicy policy, CancellationToken cancellationToken = default)
    {
        await _layout.Site.UpsertAsync(SiteRows.Describe(policy, _keys), cancellationToken);
        _policies.Forget();
    }

    /// <summary>Adds the rows of a new site; leaves those that exist as they are.</summary>
    internal async Task SeedAsync(CancellationToken cancellationToken)
    {
        var rows = SiteSeeds.Groups.Select(SiteRows.Describe)
            .Append(SiteRows.Describe(SiteSeeds.DefaultPolicy(_layout), _keys)).Append(SiteRows.Describe(SiteSeeds.Master, _keys));
        foreach (var row in rows)
        {
            try
            {
                await _layout.Site.InsertAsync(row, cancellationToken);
            }
            catch (StorageExistsException)
            {
                // Seeded before, and perhaps edited since.
            }
        }
        _groups.Forget();
        _policies.Forget();
        _nodes.Forget();
    }

    /// <summary>The keys that seal secrets of policies and nodes.</summary>
    internal SealingKeys Keys => _keys;

    /// <summary>Seals secrets that are stored as they are, or under an earlier key.</summary>
    internal async Task SealAsync(CancellationToken cancellationToken)
    {
        await SealedRows.RenewAsync(
            _layout.Site, SiteRows.Policies, row => SiteRows.IsSealed(row, _keys), row => SiteRows.Describe(SiteRows.ReadPolicy(row, _keys), _keys),
            cancellationToken);
        await SealedRows.RenewAsync(
            _layout.Site, SiteRows.Nodes, row => SiteRows.IsNodeSealed(row, _keys), row => SiteRows.Describe(SiteRows.ReadNode(row, _keys), _keys),
            cancellationToken);
    }

    internal static CloudreveException NoPolicy() => new(ErrorCode.PolicyNotFound, "The storage policy does not exist.");

    /// <summary>Makes the next access read the groups again.</summary>
    internal void ForgetGroups() => _groups.Forget();

    /// <summary>Makes the next access read the nodes again.</summary>
    internal void ForgetNodes() => _nodes.Forget();

    /// <summary>Makes the next access read the policies again.</summary>
    internal void ForgetPolicies() => _policies.Forget();

    /// <summary>Finds an item. An item that is missing may have been created by another process a moment ago: it is looked for once more.</summary>
    private static async ValueTask<T?> FindAsync<T>(AgedValue<IReadOnlyDictionary<int, T>> kept, int id, CancellationToken cancellationToken)
        where T : class
    {
        if ((await kept.GetAsync(cancellationToken)).TryGetValue(id, out var found))
            return found;
        kept.Forget();
        return (await kept.GetAsync(cancellationToken)).GetValueOrDefault(id);
    }

    private AgedValue<IReadOnlyDictionary<int, T>> Kept<T>(string partition, Func<Row, T> parse, Func<T, int> idOf, TimeProvider clock) =>
        new(
            async cancellationToken =>
            {
                var items = new Dictionary<int, T>();
                await foreach (var row in _layout.Site.QueryAsync(new RowRange(partition), cancellationToken))
                {
                    // Of deleted objects, only policies are still searched for.
                    if (SiteRows.IsDeleted(row) && partition != SiteRows.Policies)
                        continue;
                    var item = parse(row);
                    items[idOf(item)] = item;
                }
                return items;
            },
            Limits,
            clock);
}
