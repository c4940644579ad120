using Cloudreve.Core.Content.Archives.Extraction.Formats;
using Cloudreve.Core.Content.Archives.Listing;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>
/// The wanted entries of an archive that is read from its start to its end. Small ones are unpacked to memory, so that they can be written side by
/// side; a larger one comes alone and is written while it is unpacked.
/// </summary>
/// <param name="openAt">Opens the archive at a place.</param>
/// <param name="place">The place to continue from.</param>
/// <param name="mask">The requested entries; empty for all.</param>
/// <param name="clock">Measures how long it takes to find the place.</param>
internal sealed class SequentialSource(Func<EntryPlace, PackedEntries> openAt, EntryPlace place, IReadOnlyCollection<string> mask, TimeProvider clock) : EntrySource
{
    private const long BytesInRound = 16 << 20;
    private const int MostReopened = 16;

    // A step looks at its time now and then, also where nothing is wanted.
    private const int MostPassed = 512;

    private static readonly TimeSpan s_shortStep = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_longStep = TimeSpan.FromMinutes(10);

    private PackedEntries? _entries;
    private PackedEntry? _current;
    private DecodedContent? _streamed;
    private EntryPlace _place = place;
    private TimeSpan _search;
    private ArchiveRefusedException? _refusal;
    private int _reopened;
    private bool _isBroken;

    public override IReadOnlyList<ArchivedFile>? Wanted => field ??= _entries?.Known is { } files ? [.. files.Where(file => EntryPaths.IsWanted(file.Name, mask))] : null;

    // Each step unpacks again what is in front of its place, so later steps take longer.
    public override TimeSpan StepTime => TimeSpan.FromTicks(Math.Clamp(_search.Ticks, s_shortStep.Ticks, s_longStep.Ticks));

    /// <summary>Opens the archive and finds the place.</summary>
    public Task OpenAsync(CancellationToken cancellationToken) => RunAsync(Open, cancellationToken);

    public override async Task<EntryRound?> NextAsync(CancellationToken cancellationToken)
    {
        if (_refusal is not null)
            throw _refusal;
        await PassStreamedAsync(cancellationToken);
        var round = new List<SourceEntry>();
        try
        {
            if (!await GatherAsync(round, cancellationToken) && round.Count == 0)
                return null;
        }
        catch (ArchiveRefusedException e) when (round.Count > 0)
        {
            // What is in front of the damage can be written.
            _refusal = e;
        }
        return new EntryRound(round, _place, AllowsReadingAhead: !round.Exists(IsStreamed));
    }

    /// <summary>Its content can be read only while nothing behind it is.</summary>
    private static bool IsStreamed(SourceEntry entry) => entry is { Refusal: null, File.IsDirectory: false, IsSmall: false };

    public override async ValueTask DisposeAsync()
    {
        if (_entries is not null)
            await Task.Run(_entries.Dispose);
    }

    /// <summary>Reads some entries; false at the end.</summary>
    private async Task<bool> GatherAsync(List<SourceEntry> round, CancellationToken cancellationToken)
    {
        long bytes = 0;
        for (var passed = 0; round.Count < EntriesInRound && bytes < BytesInRound && passed < MostPassed; passed++)
        {
            _current ??= await RunAsync(_entries!.Next, cancellationToken);
            if (_current is not { } entry)
                return false;
            if (_place.Next >= DirectoryLimits.Entries)
                throw new ArchiveRefusedException(ErrorCode.FileTooLarge, "The archive has too many entries.");
            if (EntryPaths.IsWanted(entry.File.Name, mask) && !IsRoot(entry))
            {
                var isStreamed = entry.Refusal is null && !entry.File.IsDirectory && (entry.IsOpenEnded || entry.File.Size > SmallBytes);
                // It is written alone, when those in front are done.
                if (isStreamed && round.Count > 0)
                    return true;
                round.Add(isStreamed ? Stream(entry) : await ReadAsync(entry, cancellationToken));
                bytes += entry.File.Size;
                if (isStreamed)
                    bytes = BytesInRound;
            }
            _current = null;
            _place = new EntryPlace(_place.Next + 1, _entries!.Position);
            if (_isBroken)
                await ReopenAsync(cancellationToken);
        }
        return true;
    }

    /// <summary>The folder that was archived itself: where the rest goes exists already.</summary>
    private static bool IsRoot(PackedEntry entry) => entry.File.IsDirectory && entry.File.Name is "" or ".";

    private PackedEntries Open()
    {
        var start = clock.GetTimestamp();
        _entries = openAt(_place);
        _search = clock.GetElapsedTime(start);
        return _entries;
    }

    private SourceEntry Stream(PackedEntry entry) => new(entry.File, async token =>
    {
        _streamed = await OpenContentAsync(token);
        return entry.IsOpenEnded ? _streamed : new EntryContent(_streamed, entry.File.Size, entry.Checksum);
    })
    {
        IsOpenEnded = entry.IsOpenEnded,
    };

    /// <summary>Opens the current entry's content. Where entries do not depend on each other, one that cannot be opened says nothing about the archive.</summary>
    private async Task<DecodedContent> OpenContentAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new DecodedContent(await Task.Run(_entries!.Open, cancellationToken));
        }
        catch (Exception e) when (DecoderErrors.IsOfContent(e))
        {
            _isBroken = true;
            throw _entries!.AreIndependent ? DecoderErrors.OfEntry(e) : DecoderErrors.OfArchive(e);
        }
    }

    /// <summary>Unpacks a small entry.</summary>
    private async Task<SourceEntry> ReadAsync(PackedEntry entry, CancellationToken cancellationToken)
    {
        if (entry.Refusal is not null || entry.File.IsDirectory)
            return WithoutContent(entry, entry.Refusal);
        var bytes = new byte[entry.File.Size];
        DecodedContent? decoded = null;
        try
        {
            decoded = await OpenContentAsync(cancellationToken);
            await using var content = new EntryContent(decoded, bytes.Length, entry.Checksum);
            await content.ReadExactlyAsync(bytes, cancellationToken);
            // The end shows whether the content is intact.
            if (await content.ReadAsync(new byte[1], cancellationToken) != 0)
                throw EntryContent.Damaged();
        }
        catch (CloudreveException e) when (e is not ArchiveRefusedException && (_entries!.AreIndependent || decoded?.Failure is null))
        {
            _isBroken |= decoded?.Failure is not null;
            return WithoutContent(entry, e.Message);
        }
        catch (CloudreveException e) when (e is not ArchiveRefusedException)
        {
            throw ArchiveRefusedException.Damaged(e);
        }
        return SourceEntry.InMemory(entry.File, bytes);
    }

    private static SourceEntry WithoutContent(PackedEntry entry, string? refusal) =>
        new(entry.File, static _ => throw new InvalidOperationException("The entry has no content.")) { Refusal = refusal };

    /// <summary>Looks at what became of the entry that was written while it was unpacked.</summary>
    private async Task PassStreamedAsync(CancellationToken cancellationToken)
    {
        var failure = _streamed?.Failure;
        _streamed = null;
        if (failure is ArchiveRefusedException)
            throw failure;
        if (failure is null && !_isBroken)
            return;
        if (!_entries!.AreIndependent)
            throw ArchiveRefusedException.Damaged(failure);
        await ReopenAsync(cancellationToken);
    }

    /// <summary>A decoder that has met damage is in no state to go on.</summary>
    private async Task ReopenAsync(CancellationToken cancellationToken)
    {
        _isBroken = false;
        if (_entries!.OutlivesDamage)
            return;
        // What was packed together is unpacked again each time.
        if (++_reopened > MostReopened)
            throw ArchiveRefusedException.Damaged();
        await Task.Run(_entries.Dispose, cancellationToken);
        await RunAsync(Open, cancellationToken);
    }

    private static async Task<T> RunAsync<T>(Func<T> read, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(read, cancellationToken);
        }
        catch (Exception e) when (DecoderErrors.IsOfContent(e))
        {
            throw DecoderErrors.OfArchive(e);
        }
    }
}
