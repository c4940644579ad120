using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>Undoes a write that was not committed. Closing its intent comes first, so it can no longer be committed.</summary>
/// <param name="layout">The storage of id rows.</param>
/// <param name="intents">The rows of writes.</param>
/// <param name="quota">Gets back the bytes.</param>
/// <param name="clock">Limits how long it takes.</param>
/// <param name="logger">Hears of what failed.</param>
internal sealed class WriteUndo(
    StorageLayout layout, WriteIntents intents, EntityStore entities, UploadBlobs blobs, QuotaLedger quota, TimeProvider clock, ILogger<WriteUndo> logger)
{
    private const int BlobsAtOnce = 8;

    // Calls of an interrupted writer may take effect late: the write is undone once more after this time.
    private static readonly TimeSpan s_review = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    /// <summary>Undoes a write for its writer. A failure is left to <see cref="WriteSettlement"/>.</summary>
    /// <param name="intent">The write.</param>
    /// <param name="mayTakeEffectLate">True if a call was left without a response, so that the write has to be undone once more.</param>
    public async Task TryAsync(WriteIntent intent, bool mayTakeEffectLate)
    {
        using var timeout = new CancellationTokenSource(s_timeout, clock);
        try
        {
            if (await CloseAsync(intent, timeout.Token) is { } closed && !mayTakeEffectLate)
                await intents.RemoveAsync(closed, timeout.Token);
        }
        catch (Exception e) when (e is StorageException or CloudreveException or OperationCanceledException)
        {
            logger.LogWarning(e, "The write {Write} could not be undone at once", intent.Operation);
        }
    }

    /// <summary>Closes an open intent and undoes its write.</summary>
    /// <returns>The intent as it waits for its review; null when it was changed, by its writer's commit or by another call that closed it.</returns>
    public async Task<WriteIntent?> CloseAsync(WriteIntent intent, CancellationToken cancellationToken)
    {
        var closing = intent with { State = WriteState.Closed, ExpiresAt = clock.GetUtcNow() + s_review };
        if (await intents.TryReplaceAsync(closing, cancellationToken) is not { } closed)
            return null;
        await RunAsync(closed, cancellationToken);
        return closed;
    }

    /// <summary>Undoes a closed write: up to six transactions, for a group three for each file at most. Harmless to repeat.</summary>
    public async Task RunAsync(WriteIntent closed, CancellationToken cancellationToken)
    {
        var stored = closed.Files.Where(file => file.EntityId != 0).ToList();
        await entities.DiscardAsync([.. stored.Select(file => file.EntityId)], cancellationToken);
        await BoundedParallel.ForEachAsync(
            stored, BlobsAtOnce, (file, token) => blobs.DiscardAsync(closed.PolicyId, file.Source, closed.IsInBlocks, token), cancellationToken);
        // Nobody else has the ids.
        if (closed.IsNewFile)
            await IdRows.DeleteAsync(layout.FileIds, closed.Files.Select(file => file.FileId), cancellationToken);
        await quota.ReverseAsync(closed.OwnerId, closed.Operation, cancellationToken);
    }
}
