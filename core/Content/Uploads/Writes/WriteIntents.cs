using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// The rows of writes, and the notes by which a timer finds them. A note covers a folder's writes of a minute, so the many
/// writes of a busy folder share one.
/// </summary>
/// <param name="clock">Determines when writes expire.</param>
internal sealed class WriteIntents(StorageLayout layout, TimeProvider clock)
{
    /// <summary>The name of the notes.</summary>
    public const string Notes = "writes";

    /// <summary>The column of a note that names the folder.</summary>
    public const string NotedFolder = "d";

    /// <summary>The time that a write is left alone after the last sign of life from its writer.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private const int NotesRemembered = 10_000;

    // The period of writes that one note covers.
    private static readonly TimeSpan s_slot = TimeSpan.FromMinutes(1);

    // Clocks differ, and a request may be on its way for a while.
    private static readonly TimeSpan s_margin = TimeSpan.FromMinutes(1);

    private readonly BoundedCache<(long Folder, long Slot), bool> _noted = new(NotesRemembered, clock);

    /// <summary>Writes an intent. One transaction, and another for the first of its folder in a minute.</summary>
    public Task<WriteIntent> AddAsync(WriteIntent intent, CancellationToken cancellationToken) => AddAsync(intent, Lifetime, cancellationToken);

    /// <summary>Writes an intent that is left alone for longer than others. One transaction, and another for the first of its folder in a minute.</summary>
    public async Task<WriteIntent> AddAsync(WriteIntent intent, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        await NoteAsync(intent.FolderId, cancellationToken);
        var added = intent with { ExpiresAt = clock.GetUtcNow() + lifetime };
        try
        {
            return added with { ETag = await layout.Files.InsertAsync(added.ToRow(), cancellationToken) };
        }
        catch (StorageExistsException)
        {
            // The response to a first try was lost; nobody else has the id.
            return await FindAsync(intent, cancellationToken) ?? throw UploadSessions.Expired();
        }
    }

    /// <summary>Writes intents of one folder: one transaction for each 100, and another for the first of their folder in a minute.</summary>
    /// <param name="folderId">The folder.</param>
    /// <param name="intents">The intents; none is in the storage yet.</param>
    /// <returns>The intents with their versions, in the same order.</returns>
    public async Task<IReadOnlyList<WriteIntent>> AddAllAsync(long folderId, IEnumerable<WriteIntent> intents, CancellationToken cancellationToken)
    {
        await NoteAsync(folderId, cancellationToken);
        var expires = clock.GetUtcNow() + Lifetime;
        var added = new List<WriteIntent>();
        foreach (var chunk in intents.Select(intent => intent with { ExpiresAt = expires }).Chunk(AzureLimits.BatchOperations))
            added.AddRange(await AddChunkAsync(folderId, chunk, cancellationToken));
        return added;
    }

    private async Task<IReadOnlyList<WriteIntent>> AddChunkAsync(long folderId, WriteIntent[] chunk, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(FileKeys.Folder(folderId));
        foreach (var intent in chunk)
            batch.Insert(intent.ToRow());
        try
        {
            return WithVersions(chunk, await layout.Files.SubmitAsync(batch, cancellationToken));
        }
        catch (StorageExistsException)
        {
            // The response to a first try was lost; nobody else has the ids.
            return await FindAllAsync(chunk, cancellationToken);
        }
    }

    private static IReadOnlyList<WriteIntent> WithVersions(WriteIntent[] chunk, IReadOnlyList<string?> etags) =>
        [.. chunk.Select((intent, i) => intent with { ETag = etags[i] ?? throw new StorageException($"The intent {intent.Id} has no version.") })];

    /// <summary>Intents of one folder as they are now.</summary>
    private async Task<IReadOnlyList<WriteIntent>> FindAllAsync(WriteIntent[] chunk, CancellationToken cancellationToken)
    {
        var found = await ReadAsync(chunk[0].FolderId, cancellationToken).ToDictionaryAsync(intent => intent.Id, cancellationToken: cancellationToken);
        return [.. chunk.Select(intent => found.GetValueOrDefault(intent.Id) ?? throw UploadSessions.Expired())];
    }

    /// <summary>Renews the intent of a writer that is still at work. One transaction, and another for the note.</summary>
    /// <exception cref="Infrastructure.Errors.CloudreveException">40011: the write was given up meanwhile.</exception>
    public async Task<WriteIntent> RenewAsync(WriteIntent intent, CancellationToken cancellationToken)
    {
        await NoteAsync(intent.FolderId, cancellationToken);
        return await TryReplaceAsync(intent with { ExpiresAt = clock.GetUtcNow() + Lifetime }, cancellationToken)
            // The response to a first try was lost, or another process has closed the intent.
            ?? (await FindAsync(intent, cancellationToken) is { State: WriteState.Open } current ? current : throw UploadSessions.Expired());
    }

    /// <summary>Renews intents of one folder whose writer is still at work: one transaction for each 100, and another for the note.</summary>
    /// <exception cref="Infrastructure.Errors.CloudreveException">40011: a write was given up meanwhile.</exception>
    public async Task<IReadOnlyList<WriteIntent>> RenewAllAsync(IReadOnlyList<WriteIntent> intents, CancellationToken cancellationToken)
    {
        await NoteAsync(intents[0].FolderId, cancellationToken);
        var expires = clock.GetUtcNow() + Lifetime;
        var renewed = new List<WriteIntent>();
        foreach (var chunk in intents.Select(intent => intent with { ExpiresAt = expires }).Chunk(AzureLimits.BatchOperations))
            renewed.AddRange(await RenewChunkAsync(chunk, cancellationToken));
        return renewed;
    }

    private async Task<IReadOnlyList<WriteIntent>> RenewChunkAsync(WriteIntent[] chunk, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(FileKeys.Folder(chunk[0].FolderId));
        foreach (var intent in chunk)
            batch.Replace(intent.ToRow(), intent.ETag);
        try
        {
            return WithVersions(chunk, await layout.Files.SubmitAsync(batch, cancellationToken));
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // The response to a first try was lost, or another process has closed an intent.
            var found = await FindAllAsync(chunk, cancellationToken);
            return found.All(intent => intent is { State: WriteState.Open }) ? found : throw UploadSessions.Expired();
        }
    }

    /// <summary>Checks whether others may settle an intent by now.</summary>
    public bool IsExpired(WriteIntent intent) => intent.ExpiresAt <= clock.GetUtcNow();

    /// <summary>An intent as it is now: one transaction; null when it is gone.</summary>
    public async Task<WriteIntent?> FindAsync(WriteIntent intent, CancellationToken cancellationToken) =>
        await layout.Files.FindAsync(FileKeys.Folder(intent.FolderId), intent.RowKey, cancellationToken) is { } row ? WriteIntent.FromRow(row) : null;

    /// <summary>The intents of a folder: one transaction.</summary>
    public IAsyncEnumerable<WriteIntent> ReadAsync(long folderId, CancellationToken cancellationToken) =>
        layout.Files.QueryAsync(RowRange.Prefix(FileKeys.Folder(folderId), WriteIntent.Prefix), cancellationToken).Select(WriteIntent.FromRow);

    /// <summary>Replaces an intent, unless it was changed meanwhile: one transaction.</summary>
    /// <returns>The intent with its new version; null when it was changed or is gone.</returns>
    public async Task<WriteIntent?> TryReplaceAsync(WriteIntent intent, CancellationToken cancellationToken)
    {
        try
        {
            return intent with { ETag = await layout.Files.ReplaceAsync(intent.ToRow(), intent.ETag, cancellationToken) };
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes an intent that is settled: one transaction.</summary>
    public Task RemoveAsync(WriteIntent intent, CancellationToken cancellationToken) =>
        layout.Files.DeleteAsync(FileKeys.Folder(intent.FolderId), intent.RowKey, cancellationToken: cancellationToken);

    /// <summary>Removes an intent unless it was changed meanwhile: one transaction.</summary>
    /// <returns>False when it was changed.</returns>
    public async Task<bool> TryRemoveAsync(WriteIntent intent, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Files.DeleteAsync(FileKeys.Folder(intent.FolderId), intent.RowKey, intent.ETag, cancellationToken);
            return true;
        }
        catch (StorageChangedException)
        {
            return false;
        }
    }

    /// <summary>Schedules the inspection of a folder at a time: one transaction.</summary>
    public Task NoteAsync(long folderId, DateTimeOffset due, CancellationToken cancellationToken)
    {
        var note = new Row(DueNotes.PartitionOf(Notes, folderId), DueNotes.Key(due, FileKeys.Id(folderId))) { [NotedFolder] = folderId };
        return layout.Schedules.UpsertAsync(note, cancellationToken);
    }

    /// <summary>Notes that a folder gets writes now, once for all of the slot.</summary>
    private async Task NoteAsync(long folderId, CancellationToken cancellationToken)
    {
        var slot = clock.GetUtcNow().UtcTicks / s_slot.Ticks;
        if (_noted.Find((folderId, slot)))
            return;
        var end = new DateTimeOffset((slot + 1) * s_slot.Ticks, TimeSpan.Zero);
        await NoteAsync(folderId, end + Lifetime + s_margin, cancellationToken);
        _noted.Keep((folderId, slot), true, end);
    }
}
