using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>
/// Records that clients know the ids of their uploads, since an upload whose start was never answered cannot be ended by anybody and is undone
/// (<see cref="UploadExpiry"/>). Uploads that change within two minutes need no note, so only longer ones cost a transaction. A process that is killed
/// loses its notes; the content that clients have sent is evidence then.
/// </summary>
/// <param name="layout">The storage of uploads' rows.</param>
/// <param name="logger">Hears of storage that fails.</param>
public sealed class UploadAnswers(StorageLayout layout, TimeProvider clock, ILogger<UploadAnswers> logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndTimeout = TimeSpan.FromSeconds(5);

    // The upload is then reviewed without a note.
    private const int Tries = 4;

    private readonly ConcurrentDictionary<Guid, UploadSession> _waiting = [];
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Records that a client was sent its upload.</summary>
    /// <param name="session">The upload as it began.</param>
    public void Note(UploadSession session)
    {
        _waiting[session.Id] = session;
        // The background work must not keep the request alive.
        using (ExecutionContext.SuppressFlow())
            _ = Task.Run(() => StoreLaterAsync(session));
    }

    /// <summary>Stores the notes that are not stored yet: one transaction for each upload.</summary>
    public Task StoreAsync(CancellationToken cancellationToken = default) =>
        Parallel.ForEachAsync(_waiting.Values, cancellationToken, async (session, token) => await TryStoreAsync(session, token));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        using var timeout = new CancellationTokenSource(EndTimeout, clock);
        try
        {
            await StoreAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            logger.LogWarning("Storage was too slow to note which uploads clients know");
        }
        _stop.Dispose();
    }

    /// <summary>An upload has changed since it began, which shows that its client knows it.</summary>
    internal void Forget(Guid id) => _waiting.TryRemove(id, out _);

    private async Task StoreLaterAsync(UploadSession session)
    {
        try
        {
            await Task.Delay(Pause, clock, _stop.Token);
            for (var attempt = 0; attempt < Tries && !await TryStoreAsync(session, _stop.Token); attempt++)
                await Task.Delay(RetryPause, clock, _stop.Token);
            Forget(session.Id);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // On an orderly shutdown all notes are stored.
        }
    }

    private async Task<bool> TryStoreAsync(UploadSession session, CancellationToken cancellationToken)
    {
        if (!_waiting.ContainsKey(session.Id))
            return true;
        try
        {
            await layout.Uploads.MergeAsync(
                new Row(UploadSession.PartitionOf(session.Id), UploadSession.RowKey) { [UploadSession.Answered] = true }, session.ETag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            // The client, or the end of the upload, was faster.
        }
        catch (StorageException e)
        {
            logger.LogWarning(e, "The answer to the beginning of upload {Upload} could not be noted now", session.Mark[..8]);
            return false;
        }
        Forget(session.Id);
        return true;
    }
}
