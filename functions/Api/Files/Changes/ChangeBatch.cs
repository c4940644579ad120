using System.Collections.Concurrent;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>
/// Runs a batch whose items change one drive, so that its outcome does not depend on which item is faster: existing items are found
/// first, items that could conflict run in order, and folders come after files, the upper ones first.
/// </summary>
/// <param name="batch">Gathers failures.</param>
/// <param name="operations">Finds items.</param>
internal sealed class ChangeBatch(Batch batch, DriveOperations operations, DriveWork work)
{
    private readonly ConcurrentDictionary<string, DrivePlace> _places = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ChangedItem> _items = new(StringComparer.Ordinal);

    /// <summary>True if items are collected in one folder: items of the same name then run in the order of the request.</summary>
    public bool Gathers { get; init; }

    /// <summary>True if what is inside another item goes with it and shares its outcome.</summary>
    public bool TakesAlong { get; init; }

    /// <summary>Runs the batch.</summary>
    /// <param name="uris">The items.</param>
    /// <param name="open">Checks access to one.</param>
    /// <param name="change">Changes one.</param>
    /// <param name="cancellationToken">Cancels what has not begun.</param>
    public async Task RunAsync(
        IReadOnlyList<string> uris, Func<FileUri, CancellationToken, ValueTask<DrivePlace>> open, Func<DrivePlace, CancellationToken, Task> change,
        CancellationToken cancellationToken)
    {
        await batch.RunAsync(uris, async (uri, token) => _places[uri] = await open(FileUri.Parse(uri), token), cancellationToken);
        if (_places is { Count: 1 })
        {
            await batch.RunAsync(_places.Keys, (uri, token) => change(_places[uri], token), cancellationToken);
            return;
        }
        var sorted = new NestedPlaces(uris.Distinct(StringComparer.Ordinal).Where(_places.ContainsKey).Select(uri => (uri, _places[uri])), TakesAlong);
        await batch.RunAsync(_places.Keys.Where(uri => !sorted.IsRepetition(uri)), FindAsync, cancellationToken);
        foreach (var step in StepsOf(sorted.Leaders))
            await batch.RunLanesAsync(step, (uri, token) => change(_places[uri], token), cancellationToken);
        foreach (var (uri, leader) in sorted.Followers)
            batch.Follow(uri, leader);
    }

    private async Task FindAsync(string uri, CancellationToken cancellationToken) =>
        _items[uri] = new ChangedItem(uri, _places[uri]) { Entry = await operations.LookUpAsync(work, _places[uri], cancellationToken) };

    /// <summary>The lanes of files, then those of folders, one depth after the other: a restored folder may receive the items that follow.</summary>
    private IEnumerable<IEnumerable<IEnumerable<string>>> StepsOf(IEnumerable<string> uris)
    {
        var found = uris.Select(uri => _items.GetValueOrDefault(uri)).OfType<ChangedItem>().ToList();
        var byDepth = found.GroupBy(item => item.Place.IsTrash ? item.Depth : 0).OrderBy(depth => depth.Key);
        return byDepth.SelectMany(depth => depth.GroupBy(item => item.Entry.Type).OrderBy(type => type.Key), (_, type) => LanesOf(type.Key, type));
    }

    private IEnumerable<IEnumerable<string>> LanesOf(FileType type, IEnumerable<ChangedItem> items) =>
        items.GroupBy(item => LaneOf(type, item), StringComparer.Ordinal).Select(lane => lane.Select(item => item.Uri));

    private string LaneOf(FileType type, ChangedItem item) => type switch
    {
        // Folders of a drive are moved one after the other anyway.
        FileType.Folder when TakesAlong => "",
        _ when Gathers => item.Name,
        _ when item.Place.IsTrash => DriveOperations.OriginOf(item.Entry)?.ToString() ?? item.Uri,
        _ => item.Uri,
    };
}
