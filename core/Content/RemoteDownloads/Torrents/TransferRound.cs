using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>What became of a file of a torrent that was to be stored.</summary>
/// <param name="File">The file.</param>
internal sealed record FileOutcome(DownloadedFile File)
{
    /// <summary>True if it is stored.</summary>
    public bool IsStored { get; init; }

    /// <summary>True if it is not there.</summary>
    public bool IsMissing { get; init; }

    /// <summary>The file as it is being stored, if that takes longer.</summary>
    public StagedFile? Staged { get; init; }

    /// <summary>Why it cannot be stored, for the task's owner.</summary>
    public string? Refusal { get; init; }

    /// <summary>Why it, and perhaps any other, cannot be stored now.</summary>
    public Exception? Obstacle { get; init; }
}

/// <summary>The files of a torrent while they are being stored.</summary>
/// <param name="progress">The state as it is kept.</param>
/// <param name="snapshot">The download.</param>
/// <param name="paths">Where its files go.</param>
internal sealed class TransferRound(TorrentProgress progress, DownloadSnapshot snapshot, Dictionary<int, FilePath> paths)
{
    private readonly List<DownloadedFile> _missing = [];
    private List<DownloadedFile>? _open;

    /// <summary>The state as it is kept.</summary>
    public TorrentProgress Progress => progress;

    /// <summary>The download.</summary>
    public DownloadSnapshot Snapshot => snapshot;

    /// <summary>The next state.</summary>
    public TorrentState State { get; private set; } = progress.State;

    /// <summary>True if the next state is not kept yet.</summary>
    public bool HasChanged => !ReferenceEquals(State, progress.State);

    /// <summary>The files that their owner wants.</summary>
    public IReadOnlyList<DownloadedFile> Wanted { get; } = [.. snapshot.Files.Where(file => !progress.State.Deselected.Contains(file.Index))];

    /// <summary>The files that are still to be stored.</summary>
    public IReadOnlyList<DownloadedFile> Open => _open ??= FindOpen();

    /// <summary>The files that are not there.</summary>
    public IReadOnlyList<DownloadedFile> Missing => _missing;

    /// <summary>Bytes of the files that are still to be stored.</summary>
    public long Remaining => Open.Sum(file => file.Size) + _missing.Sum(file => file.Size);

    /// <summary>The path of a file; null when it would be too deep.</summary>
    public FilePath? PathOf(DownloadedFile file) => paths.GetValueOrDefault(file.Index);

    /// <summary>Notes that the next state is kept.</summary>
    public void Kept() => State = progress.State;

    /// <summary>Notes what became of a file.</summary>
    public void Add(FileOutcome outcome)
    {
        var file = outcome.File;
        if (outcome.IsMissing)
            Close(file, _missing.Add);
        else if (outcome.Refusal is { } reason)
            Refuse(file, reason);
        else if (outcome.Staged is { } staged)
            State = State with { Staged = [.. State.Staged.Where(other => other.Index != file.Index), staged] };
        else if (outcome.IsStored)
            Close(file, stored => State = State with
            {
                Stored = [.. State.Stored, stored.Index],
                StoredBytes = State.StoredBytes + stored.Size,
                Staged = [.. State.Staged.Where(other => other.Index != stored.Index)],
            });
    }

    /// <summary>Notes that a file cannot be stored. What is staged of it stays noted until the task ends, so that it is removed.</summary>
    /// <param name="reason">Why.</param>
    public void Refuse(DownloadedFile file, string reason) => Close(file, refused => State = State with
    {
        Refused = [.. State.Refused, refused.Index],
        Reason = State.Reason ?? $"{refused.Name}: {reason}",
        Staged = [.. State.Staged.Select(staged => staged.Index == refused.Index ? staged with { Stretches = [] } : staged)],
    });

    private void Close(DownloadedFile file, Action<DownloadedFile> note)
    {
        note(file);
        (_open ??= FindOpen()).Remove(file);
    }

    private List<DownloadedFile> FindOpen()
    {
        var closed = State.Stored.Concat(State.Refused).ToHashSet();
        return [.. Wanted.Where(file => !closed.Contains(file.Index))];
    }
}
