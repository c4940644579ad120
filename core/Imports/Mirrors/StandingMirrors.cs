using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Imports.Mirrors;

/// <summary>A mirror that runs again and again.</summary>
/// <param name="Job">Its import.</param>
/// <param name="TaskId">The task of its last run.</param>
/// <param name="NextId">The task of the run that is due, where an earlier try has chosen it; 0 for none.</param>
/// <param name="Note">The row that holds it.</param>
internal sealed record StandingMirror(ImportJob Job, long TaskId, long NextId, Row Note);

/// <summary>
/// The mirrors that run again and again: a note for each, due at its next run. Owner, policy, source and destination tell one mirror from
/// another.
/// </summary>
internal sealed class StandingMirrors(StorageLayout layout, DueNotes notes, TimeProvider clock)
{
    private const string Kind = "mirrors";
    private const string Job = "job";
    private const string TaskId = "task";
    private const string NextId = "next";
    private const int Workers = 4;

    /// <summary>Start of the keys of the rows that guard mirrors: behind those of all notes.</summary>
    private const string Anchor = "m|";

    /// <summary>
    /// Keeps a mirror in place of an earlier one: two transactions, and one for each 1,000 mirrors of the owner's partition. Of several at the
    /// same time the last one stays.
    /// </summary>
    /// <param name="job">Its import, with an interval.</param>
    /// <param name="taskId">The task of its first run.</param>
    public Task KeepAsync(ImportJob job, long taskId, CancellationToken cancellationToken) => ReplaceAsync(job, ToNote(job, taskId), cancellationToken);

    /// <summary>Ends a mirror; nothing happens when there is none.</summary>
    public Task RemoveAsync(ImportJob job, CancellationToken cancellationToken) => ReplaceAsync(job, null, cancellationToken);

    /// <summary>
    /// Replaces all notes of a mirror in one batch. A row that is never due, and that each such batch changes as it was read, lets only one at a
    /// time through.
    /// </summary>
    private async Task ReplaceAsync(ImportJob job, Row? note, CancellationToken cancellationToken)
    {
        var partition = PartitionOf(job);
        while (true)
        {
            var anchor = await layout.Schedules.FindAsync(partition, Anchor + NameOf(job), cancellationToken);
            var earlier = await layout.Schedules.QueryAsync(new RowRange(partition), cancellationToken)
                .Where(row => row.RowKey.EndsWith("|" + NameOf(job), StringComparison.Ordinal) && !row.RowKey.StartsWith(Anchor, StringComparison.Ordinal))
                .Take(AzureLimits.BatchOperations - 2).ToListAsync(cancellationToken);
            if (note is null && anchor is null && earlier.Count == 0)
                return;
            var batch = new TableBatch(partition);
            foreach (var row in earlier.Where(row => row.RowKey != note?.RowKey))
                batch.Delete(row.RowKey, row.ETag);
            if (note is not null)
                batch.Upsert(note);
            Guard(batch, anchor, new Row(partition, Anchor + NameOf(job)), stays: note is not null);
            try
            {
                await layout.Schedules.SubmitAsync(batch, cancellationToken);
                return;
            }
            catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException or StorageExistsException)
            {
                // The timer has just moved it, or somebody else has changed it.
            }
        }
    }

    private static void Guard(TableBatch batch, Row? anchor, Row row, bool stays)
    {
        if (anchor is null)
        {
            if (stays)
                batch.Insert(row);
        }
        else if (stays)
            batch.Replace(row, anchor.ETag);
        else
            batch.Delete(anchor.RowKey, anchor.ETag);
    }

    /// <summary>Runs every mirror that is due. One transaction when there is none.</summary>
    /// <param name="run">Starts one, and answers with the task of its last run: 0 when it ends, null when another run of this has dealt with it.</param>
    public Task RunAsync(Func<StandingMirror, CancellationToken, Task<long?>> run, CancellationToken cancellationToken) => notes.RunAsync(
        Kind,
        Workers,
        async (note, stop) =>
        {
            var job = JsonSerializer.Deserialize(LongText.Read(note, Job)!, ImportJson.Default.ImportJob)!;
            var mirror = new StandingMirror(job, note.RequiredNumber(TaskId), note.Number(NextId) ?? 0, note);
            await MoveAsync(note, job, await run(mirror, stop), stop);
        },
        cancellationToken);

    /// <summary>
    /// Notes the task of the run that is due, before it is made: one transaction. Whoever comes after a crash, or at the same time, makes the same.
    /// </summary>
    /// <returns>False when another run has dealt with the mirror, or it was ended.</returns>
    public async Task<bool> TryChooseAsync(StandingMirror mirror, long taskId, CancellationToken cancellationToken)
    {
        var chosen = mirror.Note.CopyTo(mirror.Note.PartitionKey, mirror.Note.RowKey);
        chosen[NextId] = taskId;
        try
        {
            await layout.Schedules.ReplaceAsync(chosen, mirror.Note.ETag, cancellationToken);
            return true;
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            return false;
        }
    }

    /// <summary>Notes the next run. A mirror that was replaced or ended meanwhile stays so.</summary>
    private async Task MoveAsync(Row note, ImportJob job, long? taskId, CancellationToken cancellationToken)
    {
        if (taskId is not { } id)
            return;
        if (id == 0)
        {
            await RemoveAsync(job, cancellationToken);
            return;
        }
        // Whoever has dealt with it has removed it.
        var batch = new TableBatch(note.PartitionKey).Delete(note.RowKey).Upsert(ToNote(job, id));
        try
        {
            await layout.Schedules.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // An administrator changed it.
        }
    }

    private Row ToNote(ImportJob job, long taskId)
    {
        var due = clock.GetUtcNow() + TimeSpan.FromMinutes(job.Interval);
        var note = new Row(PartitionOf(job), DueNotes.Key(due, NameOf(job))) { [TaskId] = taskId };
        LongText.Write(note, Job, JsonSerializer.Serialize(job, ImportJson.Default.ImportJob));
        return note;
    }

    private static string PartitionOf(ImportJob job) => DueNotes.PartitionOf(Kind, job.UserId);

    private static string NameOf(ImportJob job) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', job.UserId, job.PolicyId, job.Source, job.Destination))).AsSpan(0, 16));
}
