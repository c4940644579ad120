using Cloudreve.Core.Content.Archives.Listing;

namespace Cloudreve.Core.Content.Archives.Extraction.Formats;

/// <summary>An entry of an archive that is read from its start to its end.</summary>
/// <param name="File">Its description.</param>
internal sealed record PackedEntry(ArchivedFile File)
{
    /// <summary>The reason that it cannot be extracted; null for none.</summary>
    public string? Refusal { get; init; }

    /// <summary>CRC-32 of its content; null where the format has another check.</summary>
    public uint? Checksum { get; init; }

    /// <summary>True if its size is not known in advance.</summary>
    public bool IsOpenEnded { get; init; }
}

/// <summary>
/// The entries of an archive in their order. All methods work synchronously and may wait for the blob, so they are called on a thread of their own.
/// They throw whatever decoders throw at damaged content.
/// </summary>
internal abstract class PackedEntries : IDisposable
{
    /// <summary>True if an entry that is damaged says nothing about those behind it.</summary>
    public virtual bool AreIndependent => false;

    /// <summary>True if entries that are damaged leave it in a state to go on to those behind.</summary>
    public virtual bool OutlivesDamage => false;

    /// <summary>All entries; null where only reading the archive tells.</summary>
    public virtual IReadOnlyList<ArchivedFile>? Known => null;

    /// <summary>The place behind the current entry, where a later run can continue.</summary>
    public virtual long Position => 0;

    /// <summary>Goes to the next entry, past what was not read of the current one; null at the end.</summary>
    public abstract PackedEntry? Next();

    /// <summary>Opens the current entry's content, once.</summary>
    public abstract Stream Open();

    public abstract void Dispose();
}
