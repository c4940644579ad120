using System.Runtime.CompilerServices;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>The rows of uploads. Every method is one transaction unless it says otherwise.</summary>
/// <param name="answers">Notes which uploads clients know.</param>
public sealed class UploadSessions(StorageLayout layout, UploadAnswers answers)
{
    private const string Due = "due";

    /// <summary>Finds an upload; null when there is none.</summary>
    public async Task<UploadSession?> FindAsync(Guid id, CancellationToken cancellationToken = default) =>
        await layout.Uploads.FindAsync(UploadSession.PartitionOf(id), UploadSession.RowKey, cancellationToken) is { } row ? UploadSession.FromRow(row) : null;

    /// <summary>An upload.</summary>
    /// <exception cref="CloudreveException">40011 when there is none.</exception>
    public async Task<UploadSession> GetAsync(Guid id, CancellationToken cancellationToken = default) =>
        await FindAsync(id, cancellationToken) ?? throw Expired();

    internal async Task<UploadSession> AddAsync(UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            return session with { ETag = await layout.Uploads.InsertAsync(session.ToRow(), cancellationToken) };
        }
        catch (StorageExistsException)
        {
            // The response to a first try was lost; nobody else has the id.
            return await GetAsync(session.Id, cancellationToken);
        }
    }

    /// <summary>Replaces an upload's row, unless a competing call came first.</summary>
    /// <returns>The upload with its new version; null when a competing call came first.</returns>
    internal async Task<UploadSession?> TryReplaceAsync(UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            var etag = await layout.Uploads.ReplaceAsync(session.ToRow(), session.ETag, cancellationToken);
            answers.Forget(session.Id);
            return session with { ETag = etag };
        }
        catch (StorageException e) when (e is StorageChangedException or StorageNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Records that a chunk has arrived. Two transactions more for each competing call that records another at the same time.</summary>
    /// <returns>The upload with all chunks that have arrived.</returns>
    /// <exception cref="CloudreveException">40011 when the upload was cancelled meanwhile.</exception>
    internal async Task<UploadSession> MarkReceivedAsync(UploadSession session, int index, CancellationToken cancellationToken)
    {
        while (session.State == UploadState.Open && !session.HasReceived(index))
        {
            if (await TryReplaceAsync(session.WithReceived(index), cancellationToken) is { } marked)
                return marked;
            session = await GetAsync(session.Id, cancellationToken);
        }
        return session;
    }

    internal Task<bool> RemoveAsync(UploadSession session, CancellationToken cancellationToken) =>
        layout.Uploads.DeleteAsync(UploadSession.PartitionOf(session.Id), UploadSession.RowKey, cancellationToken: cancellationToken);

    /// <summary>
    /// Uploads that have expired, and those that began before a time and were not reviewed: one transaction for each 1,000 of any kind.
    /// Rows are kept for little longer than an upload may take, so reading all of them now and then costs less than an index that every
    /// upload would have to write.
    /// </summary>
    internal async IAsyncEnumerable<Row> ScanDueAsync(
        DateTimeOffset now, DateTimeOffset begunBefore, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isUnreviewed = $"{UploadSession.Reviewed} eq false and {UploadSession.Columns.CreatedAt} lt {StoredTime.InCondition(begunBefore)}";
        var condition = $"{UploadSession.Columns.ExpiresAt} lt {StoredTime.InCondition(now)} or ({isUnreviewed} and {UploadSession.Columns.State} ne {(int)UploadState.Completed})";
        await foreach (var row in layout.Uploads.ScanAsync(condition, cancellationToken))
        {
            if (row.Time(Due) is not { } due || due <= now)
                yield return row;
        }
    }

    /// <summary>Postpones an upload that could not be settled, longer each time.</summary>
    internal async Task PostponeAsync(Row row, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var tries = (row.Number(RetryDistance.Tries) ?? 0) + 1;
        var change = new Row(row.PartitionKey, row.RowKey) { [RetryDistance.Tries] = tries, [Due] = now + RetryDistance.After(tries) };
        try
        {
            await layout.Uploads.MergeAsync(change, row.ETag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // It was changed or settled meanwhile.
        }
    }

    /// <summary>Records that an upload was reviewed, unless it was changed meanwhile.</summary>
    internal async Task NoteReviewAsync(Row row, CancellationToken cancellationToken)
    {
        try
        {
            await layout.Uploads.MergeAsync(new Row(row.PartitionKey, row.RowKey) { [UploadSession.Reviewed] = true }, row.ETag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // The next run checks it again.
        }
    }

    internal static CloudreveException Expired() => new(ErrorCode.UploadSessionExpired, "The upload session does not exist or has expired.");
}
