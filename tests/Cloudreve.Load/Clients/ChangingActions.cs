using Cloudreve.Load.Drives;

namespace Cloudreve.Load.Clients;

/// <summary>A client's changes to the tree.</summary>
internal sealed class ChangingActions(LoadUser user, DriveModel model, Random random, Strictness strictness)
{
    public Task CreateFolderAsync() => MakeFolderAsync(model.AnyFolder(random));

    /// <summary>Creates a folder; null when it was refused.</summary>
    public async Task<DriveNode?> MakeFolderAsync(DriveNode parent)
    {
        var place = new Place(PlaceState.Live, parent, model.NextName());
        return await CreateAsync(DriveNode.Folder(place.Gone()), place, "folder");
    }

    public async Task CreateFileAsync()
    {
        var place = new Place(PlaceState.Live, model.AnyFolder(random), model.NextName());
        await CreateAsync(DriveNode.File(place.Gone(), Content.Empty), place, "file");
    }

    private async Task<DriveNode?> CreateAsync(DriveNode node, Place place, string type)
    {
        model.Nodes.Add(node);
        await ChangeAsync(
            $"create {type}", node, place, () => user.Api.PostAsync($"create {type}", "file/create", new { uri = UriOf(place), type, err_on_conflict = true }));
        return node.Places.Count == 1 && node.Place.State == PlaceState.Gone ? null : node;
    }

    public async Task RenameAsync()
    {
        if (model.AnyWhole(random) is not { } node)
            return;
        var after = node.Place with { Name = model.NextName() };
        await ChangeAsync("rename", node, after, () => user.Api.PostAsync("rename", "file/rename", new { uri = UriOf(node.Place), new_name = after.Name }));
    }

    public async Task MoveAsync()
    {
        var folder = model.AnyFolder(random);
        if (model.AnyWhole(random) is not { } node || node == folder || node.Place.Folder == folder || folder.MayBeIn(node))
            return;
        var after = node.Place with { Folder = folder };
        // A copy has the name of what it was made of.
        if (model.Nodes.Exists(n => n.Places.Contains(after)))
            return;
        await ChangeAsync(
            "move", node, after, () => user.Api.PostAsync("move", "file/move", new { uris = new[] { UriOf(node.Place) }, dst = DriveReader.UriOf(folder.Path) }));
    }

    public async Task CopyAsync()
    {
        var folder = model.AnyFolder(random);
        if (model.AnyWhole(random) is not { } node || node == folder || node.Place.Folder == folder || folder.MayBeIn(node) || !CanBeCopied(node))
            return;
        var after = node.Place with { Folder = folder };
        if (model.Nodes.Exists(n => n.Places.Contains(after)) || model.Below(node).Count > 15)
            return;
        var copy = Copy(node, after.Gone());
        var below = model.Below(node);
        var copies = new Dictionary<DriveNode, DriveNode> { [node] = copy };
        foreach (var entry in below.OrderBy(n => n.Depth))
            copies[entry] = Copy(entry, entry.Place with { Folder = copies[entry.Place.Folder!] });
        model.Nodes.AddRange(copies.Values);
        await ChangeAsync(
            "copy", copy, after,
            () => user.Api.PostAsync("copy", "file/move", new { uris = new[] { UriOf(node.Place) }, dst = DriveReader.UriOf(folder.Path), copy = true }));
    }

    /// <summary>A copy has the name of its source, and entries of the trash are distinguished by name.</summary>
    public Task TrashAsync() => model.AnyWhole(random) is { } node && model.IsOnlyOneOfItsName(node) ? TrashAsync(node) : Task.CompletedTask;

    public Task TrashAsync(DriveNode node)
    {
        node.TrashedFrom = node.Path;
        return ChangeAsync("trash", node, node.Place.Trashed(), () => user.Api.DeleteAsync("trash", "file", new { uris = new[] { UriOf(node.Place) } }));
    }

    public async Task RestoreAsync()
    {
        if (AnyTrashed() is { } node)
            await RestoreAsync(node);
    }

    public async Task RestoreAsync(DriveNode node)
    {
        if (await FindInTrashAsync(node) is { } uri)
        {
            await ChangeAsync(
                "restore", node, node.Place with { State = PlaceState.Live },
                () => user.Api.PostAsync("restore", "file/restore", new { uris = new[] { uri } }));
        }
    }

    /// <summary>Deletes something for good, from the trash or from where it is.</summary>
    public async Task DeleteAsync()
    {
        if (random.Next(2) == 0 && AnyTrashed() is { } trashed)
            await DeleteAsync(trashed);
        else if (model.AnyWhole(random) is { } node)
            await DeleteAsync(node);
    }

    public async Task DeleteAsync(DriveNode node)
    {
        if (node.IsUnread || node.Place.State == PlaceState.Gone)
            return;
        var uri = node.Place.State == PlaceState.Trashed ? await FindInTrashAsync(node) : UriOf(node.Place);
        if (uri is not null)
            await ChangeAsync("delete", node, node.Place.Gone(), () => user.Api.DeleteAsync("delete", "file", new { uris = new[] { uri }, skip_soft_delete = true }));
    }

    public async Task ShareAsync()
    {
        if (model.AnyWhole(random) is { } node)
            Judge("share", node, await user.Api.PutAsync("share", "share", new { uri = UriOf(node.Place), permissions = new { anonymous = "BQ==" } }));
    }

    private async Task ChangeAsync(string operation, DriveNode node, Place after, Func<Task<Reply>> send)
    {
        // While it is under way nothing else is begun with it, and nothing below it.
        node.IsUnread = true;
        node.ReadableAt = long.MaxValue;
        var before = node.Place;
        var reply = await send();
        user.History.Note($"{operation} {DriveNode.PathAt(before)} -> {after.State} {DriveNode.PathAt(after)}: {reply.Result}");
        if (reply.Kind == ReplyKind.Unknown)
        {
            node.Doubt(after);
            return;
        }
        node.IsUnread = false;
        if (reply.IsDone)
            node.Settle(after);
        else
            Judge(operation, node, reply);
        if (node.Places.Count == 1 && node.Place.State == PlaceState.Gone)
        {
            // Sixteen folders may go at once.
            lock (model)
                model.Remove(node);
        }
    }

    /// <summary>A refusal that has no reason is a difference; entries in doubt have to be read again.</summary>
    private void Judge(string operation, DriveNode node, Reply reply)
    {
        if (reply.Kind != ReplyKind.Refused)
            return;
        if (DoubtfulPartOf(node) is { } doubtful)
            doubtful.MarkUnread();
        else if (!strictness.Allows(reply.Code))
            user.Differ($"{operation} of {node} was refused with {reply.Code}", node.Place.Name);
    }

    /// <summary>The entry, or a folder above it, whose place was in doubt.</summary>
    private static DriveNode? DoubtfulPartOf(DriveNode node) => node.Places.Count > 1 ? node : node.Place.Folder is { } folder ? DoubtfulPartOf(folder) : null;

    private DriveNode? AnyTrashed()
    {
        var nodes = model.Nodes.Where(CanBeRestored).ToList();
        return nodes.Count == 0 ? null : nodes[random.Next(nodes.Count)];
    }

    /// <summary>It comes back by path, so the folder must still be where it was.</summary>
    private static bool CanBeRestored(DriveNode node) => !node.IsUnread && node.Place is { State: PlaceState.Trashed, Folder: { IsUsable: true } folder }
        && node.Places.Count == 1 && node.TrashedFrom == $"{folder.Path}/{node.Place.Name}";

    private async Task<string?> FindInTrashAsync(DriveNode node)
    {
        if (await user.Reader.ListTrashAsync() is not { } trash)
            return null;
        var found = trash.FindAll(e => e.Name == node.Place.Name);
        if (found.Count == 0 && node.Places.Count == 1)
            user.Differ($"{node} is not in the trash", node.Place.Name);
        return found.Count == 1 ? found[0].Uri : null;
    }

    private bool CanBeCopied(DriveNode node) => node.IsCertain && model.Below(node).TrueForAll(n => n.IsCertain);

    private static DriveNode Copy(DriveNode node, Place place) => node.IsFolder ? DriveNode.Folder(place) : DriveNode.File(place, node.Contents[0]);

    private static string UriOf(Place place) => DriveReader.UriOf(DriveNode.PathAt(place));
}
