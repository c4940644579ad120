using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Content.Uploads.Writes;

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

    /// <summary>True if its content fits into memory, beside that of others.</summary>
    public bool IsSmall => !IsOpenEnded && File.Size <= EntrySource.SmallBytes;

    /// <summary>The content of an entry that was unpacked to memory; null for others.</summary>
    public byte[]? Content { get; init; }

    /// <summary>An entry that was unpacked to memory.</summary>
    public static SourceEntry InMemory(ArchivedFile file, byte[] content) =>
        new(file, _ => Task.FromResult<Stream>(new MemoryStream(content, writable: false))) { Content = content };
}

/// <summary>What became of an entry.</summary>
/// <param name="Failure">The reason that it could not be extracted; null when it was.</param>
/// <param name="Bytes">Bytes of it in the drive.</param>
internal readonly record struct EntryOutcome(string? Failure, long Bytes);

/// <summary>A place in an archive.</summary>
/// <param name="Next">The number of entries in front of it.</param>
/// <param name="Position">Its position in what the archive unpacks to, where that helps to find it.</param>
internal readonly record struct EntryPlace(int Next, long Position);

/// <summary>Entries that are written together.</summary>
/// <param name="Entries">The entries; none where many that nobody wants were passed.</param>
/// <param name="Place">The place behind them, where a later run can continue.</param>
/// <param name="AllowsReadingAhead">True if the next entries may be brought while these are being written.</param>
internal sealed record EntryRound(IReadOnlyList<SourceEntry> Entries, EntryPlace Place, bool AllowsReadingAhead);

/// <summary>Brings the wanted entries of an archive, some at a time.</summary>
internal abstract class EntrySource : IAsyncDisposable
{
    /// <summary>Bytes of the largest entry that is unpacked to memory.</summary>
    public const int SmallBytes = 1 << 20;

    /// <summary>Number of entries that are brought at once: four groups that are committed in a transaction each.</summary>
    protected const int EntriesInRound = 4 * WriteGroup.MostFiles;

    /// <summary>The wanted entries; null where only reading the archive tells.</summary>
    public abstract IReadOnlyList<ArchivedFile>? Wanted { get; }

    /// <summary>The time that a step should take, so that finding its place is not most of the work.</summary>
    public abstract TimeSpan StepTime { get; }

    /// <summary>The next entries, whose contents may be opened side by side; null at the end.</summary>
    /// <exception cref="Formats.ArchiveRefusedException">The archive cannot be read any further.</exception>
    public abstract Task<EntryRound?> NextAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}
