using Cloudreve.Load.Clients;
using Cloudreve.Load.Drives;

namespace Cloudreve.Load.Checks;

/// <summary>Compares a user's whole drive, its trash and its quota with what the user's clients know.</summary>
internal sealed class DriveCheck(LoadUser user, IReadOnlyList<DriveModel> models)
{
    private const int ReadFiles = 60;
    private readonly Dictionary<string, SeenEntry> _seen = [];

    public async Task RunAsync()
    {
        if (!await ReadAsync("") || await user.Reader.ListTrashAsync() is not { } trash)
        {
            user.Differ("the drive cannot be read");
            return;
        }
        var unexpected = _seen.Keys.Where(path => !IsOfContest(path)).ToHashSet();
        foreach (var model in models)
        {
            foreach (var node in model.Nodes.OrderBy(n => n.Depth).ToList())
                Compare(node, trash, unexpected);
        }
        foreach (var path in unexpected)
            user.Differ($"{path} exists, and nobody has made it", path[(path.LastIndexOf('/') + 1)..]);
        CompareTrash(trash);
        await CompareContentAsync();
        await user.Contest.CheckAsync(_seen);
        await CompareQuotaAsync();
    }

    private static bool IsOfContest(string path) =>
        path == Contests.Contest.Root || path.StartsWith(Contests.Contest.Root + "/", StringComparison.Ordinal);

    private async Task<bool> ReadAsync(string folder)
    {
        if (await user.Reader.ListAsync(folder) is not { } entries)
            return false;
        foreach (var entry in entries)
        {
            var path = $"{folder}/{entry.Name}";
            _seen[path] = entry;
            if (entry.IsFolder && !await ReadAsync(path))
                return false;
        }
        return true;
    }

    private void Compare(DriveNode node, List<SeenEntry> trash, HashSet<string> unexpected)
    {
        var possible = node.Places.Where(p => p.State == PlaceState.Live && p.Folder is not { IsLive: false }).ToList();
        var present = possible.Where(p => _seen.ContainsKey(DriveNode.PathAt(p))).ToList();
        foreach (var place in present)
            unexpected.Remove(DriveNode.PathAt(place));
        var isInTrash = node.Places.Exists(p => p.State == PlaceState.Trashed) && trash.Exists(e => e.Name == node.Place.Name);
        var mayBeAbsent = isInTrash || node.Places.Exists(p => p.State == PlaceState.Gone || p is { State: PlaceState.Live, Folder: { IsLive: false } });
        if (present.Count > 1 || (present.Count == 1 && isInTrash) || (present.Count == 0 && !mayBeAbsent))
        {
            var places = string.Join(", ", present.Select(DriveNode.PathAt));
            user.Differ($"{node} is at [{places}]{(isInTrash ? " and in the trash" : "")}", node.Places.Select(p => p.Name).Append(node.Place.Folder?.Place.Name ?? ""));
        }
        if (present.Count == 1)
            Settle(node, present[0]);
    }

    private void Settle(DriveNode node, Place place)
    {
        node.Believe(place);
        var entry = _seen[DriveNode.PathAt(place)];
        if (entry.IsFolder != node.IsFolder)
            user.Differ($"{node} is a {(entry.IsFolder ? "folder" : "file")}", place.Name);
        else if (!node.IsFolder && !node.Contents.Exists(c => c.Size == entry.Size))
            user.Differ($"{node} has {entry.Size} bytes", place.Name);
    }

    private void CompareTrash(List<SeenEntry> trash)
    {
        var known = models.SelectMany(m => m.Nodes).SelectMany(n => n.Places).Where(p => p.State == PlaceState.Trashed).Select(p => p.Name).ToHashSet();
        foreach (var entry in trash.Where(e => !known.Contains(e.Name)))
            user.Differ($"{entry.Name} is in the trash, and nobody has put it there", entry.Name);
    }

    private async Task CompareContentAsync()
    {
        var files = models.SelectMany(m => m.Nodes).Where(n => n is { IsFolder: false, IsLive: true } && _seen.ContainsKey(n.Path)).ToArray();
        new Random(files.Length).Shuffle(files);
        foreach (var file in files.Take(ReadFiles))
        {
            if (await user.Reader.DownloadAsync(file.Path) is not { } bytes)
                user.Differ($"{file} cannot be read", file.Place.Name);
            else if (!file.Contents.Exists(c => c.Is(bytes)))
                user.Differ($"{file} holds {bytes.Length} other bytes", file.Place.Name);
        }
    }

    /// <summary>Checks that the charged bytes are those that exist, in the drive and in the trash.</summary>
    private async Task CompareQuotaAsync()
    {
        var reply = await user.Api.GetAsync("capacity", "user/capacity");
        var used = reply.IsDone ? reply.Data.GetProperty("used").GetInt64() : -1;
        var live = _seen.Values.Sum(e => e.Size);
        var hidden = models.SelectMany(m => m.Nodes).Where(n => !n.IsFolder && !_seen.ContainsKey(n.Path)).ToList();
        var certain = hidden.Where(n => n.IsCertain && IsInTrash(n)).Sum(n => (long)n.Contents[0].Size);
        var atMost = live + certain + hidden.Where(n => !n.IsCertain || !IsInTrash(n)).Sum(n => n.Contents.Max(c => (long)c.Size));
        if (used < live + certain || (used > atMost && !user.KeepsVersions))
            user.Differ($"{used} bytes are charged, {live} are in the drive and {certain} to {atMost - live} in the trash");
    }

    private static bool IsInTrash(DriveNode node) => node.Place.State == PlaceState.Trashed || (node.Place.Folder is { IsLive: false } folder && IsInTrash(folder));
}
