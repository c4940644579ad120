using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Settles writes whose process is gone: undoes those that were not committed, and finishes those that were.</summary>
public sealed class WriteSettlement
{
    private const int Folders = 4;

    private readonly WriteIntents _intents;
    private readonly WriteUndo _undo;
    private readonly LinkReleases _releases;
    private readonly DueNotes _notes;
    private readonly StorageLayout _layout;
    private readonly TimeProvider _clock;
    private readonly ILogger<WriteSettlement> _logger;

    internal WriteSettlement(
        WriteIntents intents, WriteUndo undo, LinkReleases releases, DueNotes notes, StorageLayout layout, TimeProvider clock, ILogger<WriteSettlement> logger) =>
        (_intents, _undo, _releases, _notes, _layout, _clock, _logger) = (intents, undo, releases, notes, layout, clock, logger);

    /// <summary>Settles what has expired: one transaction when no folder is due, and two for each folder that is.</summary>
    /// <param name="cancellationToken">Ends the run between two folders.</param>
    public Task RunAsync(CancellationToken cancellationToken = default) => _notes.RunAsync(WriteIntents.Notes, Folders, SettleFolderAsync, cancellationToken);

    private async Task SettleFolderAsync(Row note, CancellationToken cancellationToken)
    {
        var folderId = note.RequiredNumber(WriteIntents.NotedFolder);
        DateTimeOffset? next = null;
        await foreach (var intent in _intents.ReadAsync(folderId, cancellationToken))
        {
            if (await SettleAsync(intent, cancellationToken) is { } due && !(next <= due))
                next = due;
        }
        if (next is { } again)
            await _intents.NoteAsync(folderId, again, cancellationToken);
        await _layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);
    }

    /// <summary>Settles an intent; one that fails does not hold up the others.</summary>
    /// <returns>The time of its next check; null when it is settled.</returns>
    private async Task<DateTimeOffset?> SettleAsync(WriteIntent intent, CancellationToken cancellationToken)
    {
        var isDue = intent.ExpiresAt <= _clock.GetUtcNow();
        try
        {
            return intent.State switch
            {
                WriteState.Closed => await ReviewAsync(intent, isDue, cancellationToken),
                _ when !isDue => intent.ExpiresAt,
                WriteState.Open => (await _undo.CloseAsync(intent, cancellationToken))?.ExpiresAt ?? _clock.GetUtcNow() + WriteIntents.Lifetime,
                _ => await FinishAsync(intent, cancellationToken),
            };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.LogError(e, "The write {Write} could not be settled", intent.Operation);
            return _clock.GetUtcNow() + RetryDistance.After(1);
        }
    }

    /// <summary>Undoes a closed write, also before its review is due: the process that closed it may have ended before it had undone it.</summary>
    private async Task<DateTimeOffset?> ReviewAsync(WriteIntent intent, bool isDue, CancellationToken cancellationToken)
    {
        await _undo.RunAsync(intent, cancellationToken);
        if (!isDue)
            return intent.ExpiresAt;
        await _intents.RemoveAsync(intent, cancellationToken);
        return null;
    }

    private async Task<DateTimeOffset?> FinishAsync(WriteIntent intent, CancellationToken cancellationToken)
    {
        if (!await _releases.TrySettleAsync(intent.OwnerId, intent.FileId, intent.Dropped, cancellationToken))
            return _clock.GetUtcNow() + WriteIntents.Lifetime;
        await _intents.RemoveAsync(intent, cancellationToken);
        return null;
    }
}
