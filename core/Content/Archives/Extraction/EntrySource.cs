using Cloudreve.Core.Content.Archives.Listing;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>A wanted entry of an archive.</summary>
/// <param name="File">Its description.</param>
/// <param name="OpenAsync">Opens its content, once.</param>
internal sealed record SourceEntry(ArchivedFile File, Func<CancellationToken, Task<Stream>> OpenAsync)
{
    /// <summary>The reason that it cannot be extracted; null for none.</summary>
    public string? Refusal { get; init; }

    /// <summary>True if its size is not known in advance.</summary>
    public bool IsOpenEnded { get; init; }
}

/// <summary>A place in an archive.</summary>
/// <param name="Next">The number of entries in front of it.</param>
/// <param name="Position">Its position in what the archive unpacks to, where that helps to find it.</param>
internal readonly record struct EntryPlace(int Next, long Position);

/// <summary>Brings the wanted entries of an archive, some at a time.</summary>
internal abstract class EntrySource : IAsyncDisposable
{
    /// <summary>Number of entries that are brought at once.</summary>
    protected const int EntriesInRound = 64;

    /// <summary>The wanted entries; null where only reading the archive tells.</summary>
    public abstract IReadOnlyList<ArchivedFile>? Wanted { get; }

    /// <summary>The place behind the entries that came last, where a later run can continue.</summary>
    public abstract EntryPlace Place { get; }

    /// <summary>The time that a step should take, so that finding its place is not most of the work.</summary>
    public abstract TimeSpan StepTime { get; }

    /// <summary>The next entries, whose contents may be opened side by side until the next call; null at the end.</summary>
    /// <exception cref="Formats.ArchiveRefusedException">The archive cannot be read any further.</exception>
    public abstract Task<IReadOnlyList<SourceEntry>?> NextAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
