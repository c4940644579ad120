using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>
/// Folds events that are held back, so that a client learns the net change of each file and not the steps (contract, section 26).
/// An event is folded into an older one of its file only if no event in between touches the same paths; otherwise a client that
/// applies events in order would go wrong.
/// </summary>
internal sealed class EventFolding
{
    private readonly List<Change> _changes = [];
    private readonly Dictionary<long, int> _open = [];
    // The last change that names a path, and the last one that names something below it.
    private readonly Dictionary<FilePath, int> _named = [];
    private readonly Dictionary<FilePath, int> _below = [];

    /// <summary>Number of changes that are held.</summary>
    public int Count => _changes.Count;

    /// <summary>Appends an event.</summary>
    public void Add(FolderEvent entry)
    {
        if (_open.TryGetValue(entry.FileId, out var index) && LastTouch(entry.From) <= index && LastTouch(entry.To) <= index
            && _changes[index].Fold(entry) is { } folded)
        {
            _changes[index] = folded;
        }
        else
        {
            index = _changes.Count;
            _changes.Add(Change.Of(entry));
            _open[entry.FileId] = index;
        }
        Touch(entry.From, index);
        Touch(entry.To, index);
    }

    /// <summary>The net changes to the files, in an order that can be applied; the folding is empty afterwards.</summary>
    public List<FolderEvent> Flush()
    {
        var events = _changes.SelectMany(change => change.Describe()).ToList();
        _changes.Clear();
        _open.Clear();
        _named.Clear();
        _below.Clear();
        return events;
    }

    private int LastTouch(FilePath path)
    {
        var last = Math.Max(_named.GetValueOrDefault(path, -1), _below.GetValueOrDefault(path, -1));
        for (var above = path; !above.IsRoot; above = above.Parent)
            last = Math.Max(last, _named.GetValueOrDefault(above.Parent, -1));
        return last;
    }

    private void Touch(FilePath path, int index)
    {
        _named[path] = index;
        for (var above = path; !above.IsRoot; above = above.Parent)
            _below[above.Parent] = index;
    }

    /// <summary>The net change to one file.</summary>
    /// <param name="Before">The path at which the client has it; null when it does not.</param>
    /// <param name="Now">Its path; null when it is gone.</param>
    /// <param name="IsModified">True if its content differs from the client's.</param>
    /// <param name="IsRemade">True if it had been removed in the meantime.</param>
    private sealed record Change(long FileId, FilePath? Before, FilePath? Now, bool IsModified, bool IsRemade)
    {
        public static Change Of(FolderEvent entry) => new(
            entry.FileId,
            entry.Type == FolderEventType.Create ? null : entry.From,
            entry.Type == FolderEventType.Delete ? null : entry.To,
            entry.Type == FolderEventType.Modify,
            IsRemade: false);

        /// <summary>This change followed by an event; null when they do not follow each other.</summary>
        public Change? Fold(FolderEvent entry) => entry.Type switch
        {
            FolderEventType.Create when Now is null => this with { Now = entry.To, IsRemade = Before is not null },
            FolderEventType.Modify when entry.To.Equals(Now) => this with { IsModified = true },
            FolderEventType.Rename when entry.From.Equals(Now) => this with { Now = entry.To },
            FolderEventType.Delete when entry.From.Equals(Now) => this with { Now = null, IsRemade = false },
            _ => null,
        };

        public IEnumerable<FolderEvent> Describe()
        {
            switch (Before, Now)
            {
                case (null, null):
                    break;
                case (null, { } now):
                    yield return Event(FolderEventType.Create, now, now);
                    break;
                case ({ } before, null):
                    yield return Event(FolderEventType.Delete, before, before);
                    break;
                case ({ } before, { } now) when IsRemade:
                    if (!before.Equals(now))
                        yield return Event(FolderEventType.Delete, before, before);
                    yield return Event(FolderEventType.Create, now, now);
                    break;
                case ({ } before, { } now):
                    if (!before.Equals(now))
                        yield return Event(FolderEventType.Rename, before, now);
                    if (IsModified)
                        yield return Event(FolderEventType.Modify, now, now);
                    break;
            }
        }

        private FolderEvent Event(FolderEventType type, FilePath from, FilePath to) => new(type, FileId, from, to);
    }
}
