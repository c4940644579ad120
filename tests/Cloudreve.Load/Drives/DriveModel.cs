namespace Cloudreve.Load.Drives;

/// <summary>A client's knowledge of its folder.</summary>
internal sealed class DriveModel
{
    private readonly int _index;
    private int _next;

    public DriveModel(int index)
    {
        _index = index;
        Root = DriveNode.Folder(new Place(PlaceState.Live, null, $"c{index:d3}"));
        Nodes.Add(Root);
    }

    /// <summary>The client's folder, which is never changed.</summary>
    public DriveNode Root { get; }

    /// <summary>All that exists, or may exist.</summary>
    public List<DriveNode> Nodes { get; } = [];

    /// <summary>A name that is used once; some are hard to write down.</summary>
    public string NextName() => (Interlocked.Increment(ref _next) % 8) switch
    {
        0 => $"é ü%20#{_index}-{_next}.txt",
        1 => $"文件 {_index}-{_next}",
        _ => $"n{_index}-{_next}.bin",
    };

    /// <summary>Content that is written once: mostly small.</summary>
    public Content NextContent(Random random, int largest) =>
        new((_index * 1_000_000) + Interlocked.Increment(ref _next), random.Next(4) == 0 ? random.Next(largest) : random.Next(2_000));

    public List<DriveNode> Usable(bool isFolder) => [.. Nodes.Where(n => n.IsFolder == isFolder && n != Root && n.IsUsable)];

    /// <summary>A folder that something can be put into.</summary>
    public DriveNode AnyFolder(Random random)
    {
        var folders = Usable(isFolder: true).Where(f => f.Depth < 5).Append(Root).ToList();
        return folders[random.Next(folders.Count)];
    }

    /// <summary>An entry that can be changed together with all that is below it.</summary>
    public DriveNode? AnyWhole(Random random)
    {
        var nodes = Nodes.Where(n => n != Root && n.IsUsable && IsWhole(n)).ToList();
        return nodes.Count == 0 ? null : nodes[random.Next(nodes.Count)];
    }

    public bool IsOnlyOneOfItsName(DriveNode node) => Nodes.TrueForAll(n => n == node || n.Places.TrueForAll(p => p.Name != node.Place.Name));

    /// <summary>Checks whether nothing below an entry is in doubt.</summary>
    public bool IsWhole(DriveNode node) => !Nodes.Exists(n => n.IsUnread && n.MayBeIn(node));

    /// <summary>The entries below an entry, as far as is known.</summary>
    public List<DriveNode> Below(DriveNode node) => [.. Nodes.Where(n => IsIn(n.Place, node))];

    /// <summary>Removes an entry that is certainly gone, with everything below it.</summary>
    public void Remove(DriveNode node)
    {
        foreach (var below in Nodes.Where(n => n.Places.TrueForAll(p => p.State == PlaceState.Gone || IsIn(p, node))).ToList())
            Nodes.Remove(below);
        Nodes.Remove(node);
    }

    // What went to the trash by itself is in no folder any more.
    private static bool IsIn(Place place, DriveNode folder) =>
        place is { State: PlaceState.Live, Folder: { } above } && (above == folder || IsIn(above.Place, folder));
}
