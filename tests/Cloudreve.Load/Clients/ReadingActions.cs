using Cloudreve.Load.Drives;

namespace Cloudreve.Load.Clients;

/// <summary>A client's reads, each compared with what it knows.</summary>
internal sealed class ReadingActions(LoadUser user, DriveModel model, Random random)
{
    public async Task ListAsync()
    {
        var folder = model.AnyFolder(random);
        if (await user.Reader.ListAsync(folder.Path) is not { } entries)
            return;
        var seen = entries.ToDictionary(e => e.Name);
        foreach (var node in model.Nodes.Where(n => n.Places.Exists(p => p.State == PlaceState.Live && p.Folder == folder)))
        {
            if (seen.Remove(node.Place.Name, out var entry))
                Compare(node, entry);
            else if (node.IsCertain)
                user.Differ($"{node} is missing in the list of {folder.Path}", node.Place.Name);
            foreach (var place in node.Places)
                seen.Remove(place.Name);
        }
        foreach (var name in seen.Keys)
            user.Differ($"{folder.Path}/{name} is listed, and nobody has made it", name);
    }

    public async Task InfoAsync()
    {
        if (AnyCertain() is not { } node)
            return;
        var reply = await user.Reader.InfoAsync(node.Path);
        if (reply.IsDone)
            Compare(node, SeenEntry.Of(reply.Data));
        else if (reply.Kind == ReplyKind.Refused)
            user.Differ($"{node} is not found (code {reply.Code})", node.Place.Name);
    }

    public async Task SearchAsync()
    {
        if (AnyCertain() is { } node && await user.Reader.SearchAsync(model.Root.Path, node.Place.Name) is { } found && !found.Exists(e => e.Name == node.Place.Name))
            user.Differ($"{node} is not found by a search", node.Place.Name);
    }

    public async Task DownloadAsync()
    {
        if (AnyCertain() is { IsFolder: false } node && await user.Reader.DownloadAsync(node.Path) is { } bytes && !node.Contents[0].Is(bytes))
            user.Differ($"{node} has other content, of {bytes.Length} bytes", node.Place.Name);
    }

    public Task CapacityAsync() => user.Api.GetAsync("capacity", "user/capacity");

    public Task TasksAsync() => user.Api.GetAsync("list tasks", "workflow?page_size=10&category=general");

    public Task SettingsAsync() => user.Api.GetAsync("settings", "user/setting");

    public Task ChangeSettingsAsync() => user.Api.SendAsync(
        "change settings", HttpMethod.Patch, "user/setting", System.Net.Http.Json.JsonContent.Create(new { preferred_theme = $"#{random.Next(0x1000000):x6}" }));

    public Task ListTrashAsync() => user.Reader.ListTrashAsync();

    public Task SharesAsync() => user.Api.GetAsync("list shares", "share?page_size=50");

    /// <summary>Reads the place and content of an entry after a response that left them open.</summary>
    public async Task ResolveAsync(DriveNode node)
    {
        var found = new List<Place>();
        foreach (var place in node.Places.Where(p => p.State != PlaceState.Gone).ToList())
        {
            if (await IsAtAsync(place) is not { } isThere)
                return;
            if (isThere)
                found.Add(place);
        }
        if (found.Count == 0 && node.Places.Find(p => p.State == PlaceState.Gone) is { } gone)
            found.Add(gone);
        if (found.Count != 1)
        {
            // An interrupted call may still be under way.
            node.MarkUnread();
            return;
        }
        user.History.Note($"found {node} at {found[0].State} {DriveNode.PathAt(found[0])}");
        node.Believe(found[0]);
        node.IsUnread = node.Contents.Count > 1 && node.IsLive && !await ReadContentAsync(node);
    }

    private async Task<bool?> IsAtAsync(Place place)
    {
        if (place.State == PlaceState.Live)
            return place.Folder is { IsLive: false } ? false : await user.Reader.ExistsAsync(DriveNode.PathAt(place));
        return await user.Reader.ListTrashAsync() is { } trash ? trash.Exists(e => e.Name == place.Name) : null;
    }

    private async Task<bool> ReadContentAsync(DriveNode node)
    {
        if (await user.Reader.DownloadAsync(node.Path) is not { } bytes)
            return false;
        var known = node.Contents.FindIndex(c => c.Is(bytes));
        if (known >= 0)
            node.Believe(node.Contents[known]);
        else
            user.Differ($"{node} has other content, of {bytes.Length} bytes", node.Place.Name);
        return true;
    }

    private DriveNode? AnyCertain()
    {
        var nodes = model.Nodes.Where(n => n != model.Root && n.IsCertain && n.IsUsable).ToList();
        return nodes.Count == 0 ? null : nodes[random.Next(nodes.Count)];
    }

    private void Compare(DriveNode node, SeenEntry entry)
    {
        if (entry.IsFolder != node.IsFolder)
            user.Differ($"{node} is seen as a {(entry.IsFolder ? "folder" : "file")}", node.Place.Name);
        else if (!node.IsFolder && node.IsCertain && node.Contents[0].Size != entry.Size)
            user.Differ($"{node} is seen with {entry.Size} bytes", node.Place.Name);
    }
}
