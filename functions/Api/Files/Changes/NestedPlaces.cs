using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Finds the items of a batch that are the same as another item, or inside it.</summary>
internal sealed class NestedPlaces
{
    private readonly HashSet<string> _repetitions = new(StringComparer.Ordinal);

    /// <summary>Sorts the items of a batch.</summary>
    /// <param name="items">URIs with their places, in the order of the request.</param>
    /// <param name="takesAlong">True if what is inside another item follows it; otherwise only the same place under another URI does.</param>
    public NestedPlaces(IEnumerable<(string Uri, DrivePlace Place)> items, bool takesAlong)
    {
        var numbered = items.Select((item, index) => (item.Uri, item.Place, Index: index)).ToList();
        var leaders = new List<(string Uri, int Index)>();
        var followers = new List<(string Uri, string Leader)>();
        foreach (var drive in numbered.GroupBy(item => item.Place.TopId))
        {
            // Entries inside a place come right after it.
            (string Uri, DrivePlace Place, int Index)? leader = null;
            foreach (var item in drive.OrderBy(item => item.Place.Path, PathOrder.Instance).ThenBy(item => item.Index))
            {
                var isSame = leader is { } same && same.Place.Path.Equals(item.Place.Path);
                if (isSame)
                    _repetitions.Add(item.Uri);
                if (leader is { } outer && (isSame || (takesAlong && outer.Place.Path.Contains(item.Place.Path))))
                {
                    followers.Add((item.Uri, outer.Uri));
                    continue;
                }
                leader = item;
                leaders.Add((item.Uri, item.Index));
            }
        }
        Leaders = [.. leaders.OrderBy(l => l.Index).Select(l => l.Uri)];
        Followers = followers;
    }

    /// <summary>Items that are changed themselves, in the order of the request.</summary>
    public IReadOnlyList<string> Leaders { get; }

    /// <summary>Items that go with another one.</summary>
    public IReadOnlyList<(string Uri, string Leader)> Followers { get; }

    /// <summary>Checks whether an item repeats another one under a different URI.</summary>
    /// <param name="uri">The item.</param>
    public bool IsRepetition(string uri) => _repetitions.Contains(uri);

    private sealed class PathOrder : IComparer<FilePath>
    {
        public static PathOrder Instance { get; } = new();

        public int Compare(FilePath? x, FilePath? y)
        {
            var (a, b) = (x!.Segments, y!.Segments);
            for (var i = 0; i < Math.Min(a.Count, b.Count); i++)
            {
                var order = string.CompareOrdinal(a[i], b[i]);
                if (order != 0)
                    return order;
            }
            return a.Count.CompareTo(b.Count);
        }
    }
}
