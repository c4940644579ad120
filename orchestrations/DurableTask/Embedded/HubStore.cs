using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.DurableTask.Protocol;
using Google.Protobuf;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>
/// The rows of the task hub. One partition holds all of one instance: <c>i</c> the instance, <c>s|generation</c> its start,
/// <c>h|generation|chunk</c> what each turn added to the history, <c>m|...</c> messages that were accepted and not yet processed.
/// So a turn commits as one batch. What does not fit into a row goes to a blob before the batch.
/// </summary>
internal sealed class HubStore(StorageAccount account, string prefix)
{
    // A binary property holds 64 KiB, a string property 32 K characters; a little room is left.
    private const int InlineBytes = 60_000;
    private const int InlineCharacters = 32_000;

    // A turn needs rows for the instance, its start and its history chunk beside the rows that it deletes.
    private const int DeletesInCommit = AzureLimits.BatchOperations - 4;

    private readonly Table _table = account.Table(prefix + "hubinstances");
    private readonly BlobContainer _payloads = account.Container(prefix + "-hubpayloads");

    /// <summary>Messages that one turn may take: they are deleted by its commit.</summary>
    public const int MessagesInTurn = 60;

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await _table.CreateIfNotExistsAsync(cancellationToken);
        await _payloads.CreateIfNotExistsAsync(cancellationToken);
    }

    /// <summary>Rows of all instances that are not finished and delivered. For recovery.</summary>
    public IAsyncEnumerable<Row> ScanActiveAsync(CancellationToken cancellationToken) =>
        _table.ScanAsync("RowKey eq 'i' and Active eq true", cancellationToken);

    /// <summary>Rows of all instances.</summary>
    public IAsyncEnumerable<Row> ScanAsync(CancellationToken cancellationToken) => _table.ScanAsync("RowKey eq 'i'", cancellationToken);

    /// <summary>Ids of all instances that have messages. For recovery.</summary>
    public async Task<HashSet<string>> ScanInboxesAsync(CancellationToken cancellationToken)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var row in _table.ScanAsync("RowKey ge 'm|' and RowKey lt 'm}'", cancellationToken))
            ids.Add(row.RequiredText("Id"));
        return ids;
    }

    public Task<Row?> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        _table.FindAsync(InstanceKey.Partition(instanceId), InstanceKey.InstanceRow, cancellationToken);

    /// <summary>Adds an instance that has not run yet.</summary>
    /// <exception cref="StorageExistsException">There is one of this id.</exception>
    public async Task InsertAsync(InstanceState state, CancellationToken cancellationToken)
    {
        var key = InstanceKey.Partition(state.InstanceId);
        var start = await EventsRowAsync(key, InstanceKey.Start(state.Generation), state.Start, state, cancellationToken);
        await _table.SubmitAsync(
            new TableBatch(key).Insert(await InstanceRowAsync(key, state, isActive: true, cancellationToken)).Insert(start), cancellationToken);
    }

    /// <summary>Reads an instance with its history and messages; null when there is none.</summary>
    public async Task<(InstanceState? State, List<Message> Inbox)> LoadAsync(string instanceId, CancellationToken cancellationToken)
    {
        var key = InstanceKey.Partition(instanceId);
        Row? instance = null;
        var rows = new List<Row>();
        var inbox = new List<Message>();
        await foreach (var row in _table.QueryAsync(new RowRange(key), cancellationToken))
        {
            if (row.RowKey == InstanceKey.InstanceRow)
                instance = row;
            else if (row.RowKey.StartsWith(InstanceKey.InboxPrefix, StringComparison.Ordinal))
                inbox.Add(await ReadMessageAsync(row, cancellationToken));
            else
                rows.Add(row);
        }
        if (instance is null)
            return (null, inbox);
        var state = await ReadInstanceAsync(instance, cancellationToken);
        foreach (var row in rows)
            await ReadEventsAsync(state, row, cancellationToken);
        return (state, inbox);
    }

    /// <summary>Reads an instance without its history; null when there is none. One request when nothing is in blobs.</summary>
    public async Task<InstanceState?> LoadSummaryAsync(string instanceId, bool withStart, CancellationToken cancellationToken)
    {
        if (!withStart)
            return await FindAsync(instanceId, cancellationToken) is { } row ? await ReadInstanceAsync(row, cancellationToken) : null;
        var page = await _table.QueryPageAsync(
            new RowRange(InstanceKey.Partition(instanceId), InstanceKey.InstanceRow), cancellationToken: cancellationToken);
        if (page.Rows is not [{ RowKey: InstanceKey.InstanceRow } instance, ..])
            return null;
        var state = await ReadInstanceAsync(instance, cancellationToken);
        foreach (var row in page.Rows)
        {
            if (row.RowKey == InstanceKey.Start(state.Generation))
                await ReadEventsAsync(state, row, cancellationToken);
        }
        return state;
    }

    public async Task<List<Message>> ReadInboxAsync(string instanceId, CancellationToken cancellationToken)
    {
        var inbox = new List<Message>();
        var page = await _table.QueryPageAsync(
            RowRange.Prefix(InstanceKey.Partition(instanceId), InstanceKey.InboxPrefix), MessagesInTurn + 1, cancellationToken: cancellationToken);
        foreach (var row in page.Rows)
            inbox.Add(await ReadMessageAsync(row, cancellationToken));
        return inbox;
    }

    /// <summary>Accepts a message for an instance. Accepting the same key again changes nothing.</summary>
    public async Task AcceptAsync(string instanceId, string rowKey, HistoryEvent message, CancellationToken cancellationToken)
    {
        var row = await EventsRowAsync(InstanceKey.Partition(instanceId), rowKey, [message], null, cancellationToken);
        row["Id"] = instanceId;
        await _table.UpsertAsync(row, cancellationToken);
    }

    /// <summary>
    /// Commits a turn: the instance's row by its version, what the turn added, and the rows that it makes superfluous, as one batch.
    /// </summary>
    /// <param name="state">The state after the turn, with the version from before it. Its version is renewed.</param>
    /// <param name="commit">What belongs to the turn beside the state.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="StorageException">Nothing, or in case of a lost answer everything, was written: load again.</exception>
    public async Task CommitAsync(InstanceState state, Commit commit, CancellationToken cancellationToken)
    {
        var key = InstanceKey.Partition(state.InstanceId);
        var batch = new TableBatch(key);
        if (commit.AddedEvents is { } added)
        {
            var rowKey = InstanceKey.History(state.Generation, state.Chunks.Count);
            batch.Upsert(await EventsRowAsync(key, rowKey, added, state, cancellationToken));
            state.Chunks.Add(rowKey);
        }
        if (commit.BeginsGeneration)
            batch.Upsert(await EventsRowAsync(key, InstanceKey.Start(state.Generation), state.Start, state, cancellationToken));
        batch.Replace(await InstanceRowAsync(key, state, IsActive(state), cancellationToken), state.ETag);
        foreach (var rowKey in commit.DeletedRows.Take(DeletesInCommit))
            batch.Delete(rowKey);
        var etags = await _table.SubmitAsync(batch, cancellationToken);
        state.ETag = etags[(commit.AddedEvents is null ? 0 : 1) + (commit.BeginsGeneration ? 1 : 0)]!;
        if (commit.DeletedRows.Count > DeletesInCommit)
            await DeleteRowsAsync(key, commit.DeletedRows.Skip(DeletesInCommit), cancellationToken);
        foreach (var blob in commit.DeletedBlobs)
            await _payloads.DeleteAsync(blob, cancellationToken);
    }

    /// <summary>Notes what of the outbox is still to be carried out.</summary>
    public async Task SaveOutboxAsync(InstanceState state, CancellationToken cancellationToken)
    {
        var key = InstanceKey.Partition(state.InstanceId);
        var row = await InstanceRowAsync(key, state, IsActive(state), cancellationToken);
        state.ETag = await _table.ReplaceAsync(row, state.ETag, cancellationToken);
    }

    /// <summary>Removes everything of an instance, its own row last.</summary>
    public async Task DeleteAsync(string instanceId, CancellationToken cancellationToken)
    {
        var key = InstanceKey.Partition(instanceId);
        var rowKeys = new List<string>();
        var hasBlobs = false;
        await foreach (var row in _table.QueryAsync(new RowRange(key), cancellationToken))
        {
            hasBlobs |= row.Flag("HasBlobs") || row.Text("DataBlob") is not null;
            if (row.RowKey != InstanceKey.InstanceRow)
                rowKeys.Add(row.RowKey);
        }
        if (hasBlobs)
            await DeleteBlobsAsync(key + "/", cancellationToken);
        rowKeys.Add(InstanceKey.InstanceRow);
        await DeleteRowsAsync(key, rowKeys, cancellationToken);
    }

    /// <summary>Removes a finished sub-orchestration of which no history is left. One that was started anew under its id stays.</summary>
    public async Task DeleteFinishedAsync(FinishedInstance finished, CancellationToken cancellationToken)
    {
        var key = InstanceKey.Partition(finished.InstanceId);
        try
        {
            await _table.SubmitAsync(
                new TableBatch(key).Delete(InstanceKey.InstanceRow, finished.ETag).Delete(InstanceKey.Start(finished.Generation)), cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // It was removed before.
            return;
        }
        if (finished.HasBlobs)
            await DeleteBlobsAsync(key + "/", cancellationToken);
    }

    public Task DeleteMessagesAsync(string instanceId, IReadOnlyList<Message> messages, CancellationToken cancellationToken) =>
        DeleteRowsAsync(InstanceKey.Partition(instanceId), messages.Select(m => m.RowKey), cancellationToken);

    private async Task DeleteRowsAsync(string key, IEnumerable<string> rowKeys, CancellationToken cancellationToken)
    {
        foreach (var some in rowKeys.Chunk(AzureLimits.BatchOperations))
        {
            try
            {
                var batch = new TableBatch(key);
                foreach (var rowKey in some)
                    batch.Delete(rowKey);
                await _table.SubmitAsync(batch, cancellationToken);
            }
            catch (StorageNotFoundException)
            {
                // A run before this one was cut off half-way: delete what is left one by one.
                foreach (var rowKey in some)
                    await _table.DeleteAsync(key, rowKey, cancellationToken: cancellationToken);
            }
        }
    }

    private async Task DeleteBlobsAsync(string blobPrefix, CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var page = await _payloads.ListPageAsync(blobPrefix, null, continuationToken: token, cancellationToken: cancellationToken);
            foreach (var blob in page.Blobs)
                await _payloads.DeleteAsync(blob.Name, cancellationToken);
            token = page.ContinuationToken;
        }
        while (token is not null);
    }

    /// <summary>Whether a hub that starts has to look at it.</summary>
    private static bool IsActive(InstanceState state) => !state.IsTerminal || state.Parent is not null || state.Outbox.Count > 0;

    private async Task<Row> InstanceRowAsync(string key, InstanceState state, bool isActive, CancellationToken cancellationToken)
    {
        var row = new Row(key, InstanceKey.InstanceRow)
        {
            ["Id"] = state.InstanceId,
            ["Name"] = state.Name,
            ["Active"] = isActive,
            ["Status"] = (int)state.Status,
            ["Generation"] = state.Generation,
            ["ExecutionId"] = state.ExecutionId,
            ["Chunks"] = state.Chunks.Count,
            ["CreatedAt"] = state.CreatedAt,
            ["UpdatedAt"] = state.UpdatedAt,
            ["OpenCalls"] = state.HasOpenCalls,
            ["NextTimer"] = state.NextTimer,
            ["ParentId"] = state.Parent?.InstanceId,
            ["ParentExecutionId"] = state.Parent?.ExecutionId,
            ["ParentTaskId"] = state.Parent?.TaskId,
        };
        await SetTextAsync(row, "CustomStatus", state.CustomStatus, state, cancellationToken);
        await SetTextAsync(row, "Output", state.Output, state, cancellationToken);
        await SetBytesAsync(row, "Failure", state.Failure?.ToByteArray(), state, cancellationToken);
        if (state.Outbox.Count > 0)
            await SetBytesAsync(row, "Outbox", new Outbox { Entries = { state.Outbox } }.ToByteArray(), state, cancellationToken);
        row["HasBlobs"] = state.HasBlobs;
        return row;
    }

    private async Task<InstanceState> ReadInstanceAsync(Row row, CancellationToken cancellationToken)
    {
        var state = new InstanceState
        {
            InstanceId = row.RequiredText("Id"),
            Name = row.RequiredText("Name"),
            CreatedAt = row.Time("CreatedAt")!.Value,
            ETag = row.ETag,
            Generation = row.RequiredNumber("Generation"),
            ExecutionId = row.RequiredText("ExecutionId"),
            Status = (OrchestrationStatus)row.RequiredNumber("Status"),
            UpdatedAt = row.Time("UpdatedAt")!.Value,
            Parent = ParentOf(row),
            HasBlobs = row.Flag("HasBlobs"),
            CustomStatus = await GetTextAsync(row, "CustomStatus", cancellationToken),
            Output = await GetTextAsync(row, "Output", cancellationToken),
        };
        if (await GetBytesAsync(row, "Failure", cancellationToken) is { } failure)
            state.Failure = Protocol.TaskFailureDetails.Parser.ParseFrom(failure);
        if (await GetBytesAsync(row, "Outbox", cancellationToken) is { } outbox)
            state.Outbox = [.. Outbox.Parser.ParseFrom(outbox).Entries];
        return state;
    }

    public static ParentReference? ParentOf(Row row) => row.Text("ParentId") is { } id
        ? new ParentReference(id, row.RequiredText("ParentExecutionId"), (int)row.RequiredNumber("ParentTaskId"))
        : null;

    private async Task ReadEventsAsync(InstanceState state, Row row, CancellationToken cancellationToken)
    {
        var isStart = row.RowKey == InstanceKey.Start(state.Generation);
        var isHistory = row.RowKey == InstanceKey.History(state.Generation, state.Chunks.Count);
        if (!isStart && !isHistory)
        {
            // Left behind by a generation before this one.
            state.StaleRows.Add(row.RowKey);
            return;
        }
        var data = await GetBytesAsync(row, "Data", cancellationToken) ?? [];
        if (row.Text("DataBlob") is { } blob)
            state.Blobs.Add(blob);
        var events = HistoryChunk.Parser.ParseFrom(data).Events;
        if (isStart)
        {
            state.Start = [.. events];
            return;
        }
        state.Chunks.Add(row.RowKey);
        state.Append(events);
    }

    private async Task<Message> ReadMessageAsync(Row row, CancellationToken cancellationToken) => new(
        row.RowKey,
        HistoryChunk.Parser.ParseFrom(await GetBytesAsync(row, "Data", cancellationToken) ?? []).Events[0],
        row.Text("DataBlob"));

    private async Task<Row> EventsRowAsync(
        string key, string rowKey, IEnumerable<HistoryEvent> events, InstanceState? owner, CancellationToken cancellationToken)
    {
        var row = new Row(key, rowKey);
        await SetBytesAsync(row, "Data", new HistoryChunk { Events = { events } }.ToByteArray(), owner, cancellationToken);
        if (row.Text("DataBlob") is { } blob)
            owner?.Blobs.Add(blob);
        return row;
    }

    private Task SetTextAsync(Row row, string name, string? text, InstanceState owner, CancellationToken cancellationToken)
    {
        if (text is null || text.Length <= InlineCharacters)
        {
            row[name] = text;
            return Task.CompletedTask;
        }
        return WriteBlobAsync(row, name, BinaryData.FromString(text), owner, cancellationToken);
    }

    private Task SetBytesAsync(Row row, string name, byte[]? bytes, InstanceState? owner, CancellationToken cancellationToken)
    {
        if (bytes is null || bytes.Length <= InlineBytes)
        {
            row[name] = bytes;
            return Task.CompletedTask;
        }
        return WriteBlobAsync(row, name, BinaryData.FromBytes(bytes), owner, cancellationToken);
    }

    private async Task WriteBlobAsync(Row row, string name, BinaryData content, InstanceState? owner, CancellationToken cancellationToken)
    {
        // A property of the instance's own row changes from turn to turn: the committed row must not see the blob of the next turn.
        var turn = owner is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{owner.Generation:d10}-{owner.Chunks.Count:d6}");
        var blob = $"{row.PartitionKey}/{row.RowKey.Replace('|', '-')}/{name}{turn}";
        await _payloads.WriteAsync(blob, content, cancellationToken: cancellationToken);
        row[name + "Blob"] = blob;
        if (owner is not null)
            owner.HasBlobs = true;
    }

    private async Task<string?> GetTextAsync(Row row, string name, CancellationToken cancellationToken) => row.Text(name + "Blob") is { } blob
        ? BinaryData.FromBytes(await ReadBlobAsync(blob, cancellationToken)).ToString()
        : row.Text(name);

    private async Task<byte[]?> GetBytesAsync(Row row, string name, CancellationToken cancellationToken) => row.Text(name + "Blob") is { } blob
        ? await ReadBlobAsync(blob, cancellationToken)
        : row.Bytes(name);

    private async Task<byte[]> ReadBlobAsync(string blob, CancellationToken cancellationToken) =>
        await _payloads.ReadAsync(blob, cancellationToken) ?? throw new StorageNotFoundException($"The payload {blob} of the task hub is missing.");
}

/// <summary>A message that was accepted for an instance.</summary>
/// <param name="RowKey">Its row.</param>
/// <param name="Event">What it tells.</param>
/// <param name="Blob">Where it is kept when it is large.</param>
internal sealed record Message(string RowKey, HistoryEvent Event, string? Blob);

/// <summary>What a turn writes beside the state of its instance.</summary>
/// <param name="AddedEvents">What it adds to the history; null when the history ends with it.</param>
/// <param name="BeginsGeneration">Whether the instance continues as new.</param>
/// <param name="DeletedRows">Rows that are not needed any more.</param>
/// <param name="DeletedBlobs">Blobs that are not needed any more.</param>
internal sealed record Commit(
    IReadOnlyList<HistoryEvent>? AddedEvents, bool BeginsGeneration, IReadOnlyList<string> DeletedRows, IReadOnlyList<string> DeletedBlobs);

/// <summary>A finished sub-orchestration, as of one version of its row.</summary>
internal sealed record FinishedInstance(string InstanceId, long Generation, bool HasBlobs, string ETag);
