using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Loops;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Infrastructure.Tables;

/// <summary>
/// Notes of work that is due at a time: rows of <see cref="StorageLayout.Schedules"/> whose keys start with that time. One that fails is
/// postponed with a growing delay and does not hold up the others.
/// </summary>
/// <param name="clock">Determines what is due.</param>
/// <param name="logger">Hears of what failed.</param>
public sealed class DueNotes(StorageLayout layout, TimeProvider clock, ILogger<DueNotes> logger)
{
    // Enough for the notes of a busy site, and few enough to be read together.
    private const int Spread = 16;

    /// <summary>The key of a note.</summary>
    /// <param name="due">The time it is due.</param>
    /// <param name="name">Distinguishes it from others of that time.</param>
    public static string Key(DateTimeOffset due, string name) => $"{Key(due)}|{name}";

    /// <summary>The partition of a note. Notes of one kind are spread, since a partition accepts some 2,000 writes per second.</summary>
    /// <param name="kind">The kind of note.</param>
    /// <param name="id">The id of the object that the note is about.</param>
    public static string PartitionOf(string kind, long id) => string.Create(CultureInfo.InvariantCulture, $"{kind}|{(ulong)id % Spread:x}");

    /// <summary>Finds all notes of a kind; those of kinds whose names sort in between have to be left out.</summary>
    internal static string FilterOf(string kind) => $"PartitionKey ge '{kind}' and PartitionKey lt '{RowRange.After(kind + "|")}'";

    /// <summary>
    /// Works on every note that is due, one transaction for each 1,000 and those of the work. The work removes its note once it is
    /// done; a note that stays is due again in the next run.
    /// </summary>
    /// <param name="kind">The kind of notes.</param>
    /// <param name="writers">Number that is processed in parallel.</param>
    /// <param name="work">Processes one note. An exception postpones only that note.</param>
    /// <param name="cancellationToken">Ends the run between two notes.</param>
    public Task RunAsync(string kind, int writers, Func<Row, CancellationToken, Task> work, CancellationToken cancellationToken = default)
    {
        // Partitions are adjacent, so one query reads all; earlier releases kept notes in one with the name of their kind.
        var due = $"{FilterOf(kind)} and RowKey lt '{Key(clock.GetUtcNow())}'";
        var notes = layout.Schedules.ScanAsync(due, cancellationToken).Where(note => note.PartitionKey == kind || note.PartitionKey.StartsWith(kind + "|", StringComparison.Ordinal));
        return BoundedParallel.ForEachAsync(notes, writers, (note, stop) => TryAsync(note, work, stop), cancellationToken);
    }

    /// <summary>Works on notes that were found to be due before, like <see cref="RunAsync(string, int, Func{Row, CancellationToken, Task}, CancellationToken)"/>.</summary>
    /// <param name="due">The notes.</param>
    /// <param name="writers">Number that is processed in parallel.</param>
    /// <param name="work">Processes one note. An exception postpones only that note.</param>
    internal Task RunAsync(IEnumerable<Row> due, int writers, Func<Row, CancellationToken, Task> work, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(due, writers, (note, stop) => TryAsync(note, work, stop), cancellationToken);

    private async Task TryAsync(Row note, Func<Row, CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(note, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var tries = (note.Number(RetryDistance.Tries) ?? 0) + 1;
            var next = clock.GetUtcNow() + RetryDistance.After(tries);
            logger.LogError(e, "{Partition} {Note} failed {Tries} times and is tried again at {Next:u}", note.PartitionKey, note.RowKey, tries, next);
            await PostponeAsync(note, next, tries, cancellationToken);
        }
    }

    /// <summary>Moves a note to a later time: one transaction. Nothing happens when another run has dealt with it.</summary>
    /// <param name="note">The note as it was read.</param>
    /// <param name="due">The time.</param>
    internal Task MoveAsync(Row note, DateTimeOffset due, CancellationToken cancellationToken) => PostponeAsync(note, due, tries: null, cancellationToken);

    private async Task PostponeAsync(Row note, DateTimeOffset due, long? tries, CancellationToken cancellationToken)
    {
        var bar = note.RowKey.IndexOf('|', StringComparison.Ordinal);
        var later = note.CopyTo(note.PartitionKey, Key(due, note.RowKey[(bar + 1)..]));
        later[RetryDistance.Tries] = tries;
        try
        {
            await layout.Schedules.SubmitAsync(new TableBatch(note.PartitionKey).Delete(note.RowKey, note.ETag).Upsert(later), cancellationToken);
        }
        catch (StorageException e) when (e is StorageNotFoundException or StorageChangedException)
        {
            // Another run has dealt with it.
        }
    }

    private static string Key(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString("x12", CultureInfo.InvariantCulture);
}
