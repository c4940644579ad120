namespace Cloudreve.Load.Drives;

/// <summary>The possible states of an entry's place.</summary>
internal enum PlaceState
{
    /// <summary>In a folder.</summary>
    Live,

    /// <summary>In the trash.</summary>
    Trashed,

    /// <summary>Nowhere.</summary>
    Gone,
}

/// <summary>A place that an entry may be at.</summary>
/// <param name="State">In the drive, in the trash, or nowhere.</param>
/// <param name="Folder">The folder that it is in, or was when it went to the trash; null for the drive itself.</param>
/// <param name="Name">Its name, which no other entry ever has.</param>
internal sealed record Place(PlaceState State, DriveNode? Folder, string Name)
{
    public Place Trashed() => this with { State = PlaceState.Trashed };

    public Place Gone() => this with { State = PlaceState.Gone };
}

/// <summary>
/// A file or folder as its client believes it to be. After an answer that leaves open what has happened it may be at several places, or
/// have several contents, until it is read; the observed state is believed, and the others stay possible, since a change may take
/// effect late, until the next change is acknowledged.
/// </summary>
internal sealed class DriveNode
{
    private DriveNode(bool isFolder, Place place) => (IsFolder, Places) = (isFolder, [place]);

    public bool IsFolder { get; }

    /// <summary>The places that it may be at, the most likely one first.</summary>
    public List<Place> Places { get; }

    /// <summary>The contents that it may have, the most likely one first. Files only.</summary>
    public List<Content> Contents { get; } = [];

    /// <summary>True if the entry must be read before it can be used.</summary>
    public bool IsUnread { get; set; }

    /// <summary>True if an upload was left open, so that its outcome is unknown until the site has given it up.</summary>
    public bool IsLeftOpen { get; set; }

    /// <summary>The time from which it may be read: the effects of a lost request may still be under way.</summary>
    public long ReadableAt { get; set; }

    /// <summary>The path from which it went to the trash.</summary>
    public string? TrashedFrom { get; set; }

    public Place Place => Places[0];

    public bool IsCertain => Places.Count == 1 && Contents.Count <= 1 && !IsUnread;

    /// <summary>True if the entry and all folders above it are in the drive.</summary>
    public bool IsLive => Place.State == PlaceState.Live && Place.Folder is not { IsLive: false };

    /// <summary>True if a client may use it.</summary>
    public bool IsUsable => !IsUnread && Place.State == PlaceState.Live && Place.Folder is not { IsUsable: false };

    public int Depth => Place.Folder is { } folder ? folder.Depth + 1 : 1;

    /// <summary>Its path below the drive's root.</summary>
    public string Path => PathAt(Place);

    public static DriveNode Folder(Place place) => new(isFolder: true, place);

    public static DriveNode File(Place place, Content content)
    {
        var file = new DriveNode(isFolder: false, place);
        file.Contents.Add(content);
        return file;
    }

    public static string PathAt(Place place) => place.Folder is { } folder ? $"{folder.Path}/{place.Name}" : "/" + place.Name;

    /// <summary>
    /// Checks whether one of the possible places of an entry is below a folder, assuming that the folder is where it is believed to be.
    /// </summary>
    public bool MayBeIn(DriveNode folder) => Places.Exists(p => p.Folder == folder || (p.Folder is { } above && above.MayBeIn(folder)));

    /// <summary>A change was acknowledged.</summary>
    public void Settle(Place place)
    {
        Places.Clear();
        Places.Add(place);
        IsUnread = false;
    }

    /// <summary>Content was acknowledged.</summary>
    public void Settle(Content content)
    {
        Contents.Clear();
        Contents.Add(content);
        IsUnread = false;
    }

    /// <summary>A change may have taken place.</summary>
    public void Doubt(Place place)
    {
        if (!Places.Contains(place))
            Places.Add(place);
        MarkUnread();
    }

    /// <summary>Content may have been written.</summary>
    public void Doubt(Content content)
    {
        Contents.Add(content);
        MarkUnread();
    }

    /// <summary>An entry was seen.</summary>
    public void Believe(Place place)
    {
        Places.Remove(place);
        Places.Insert(0, place);
    }

    /// <summary>Content was seen.</summary>
    public void Believe(Content content)
    {
        Contents.Remove(content);
        Contents.Insert(0, content);
    }

    public override string ToString() => $"{Path} ({string.Join(" or ", Places.Select(p => $"{p.State} {PathAt(p)}"))}; {string.Join(" or ", Contents)})";

    public void MarkUnread()
    {
        IsUnread = true;
        ReadableAt = Environment.TickCount64 + 2_000;
    }
}
