using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Entities;

/// <summary>A version of a blob that an import refers to where it is.</summary>
/// <param name="Name">The blob.</param>
/// <param name="ETag">Its version.</param>
internal readonly record struct SourceBlob(string Name, string ETag)
{
    /// <summary>The version without quotes, as listings give it.</summary>
    public string ETag { get; } = ETag.Trim('"');
}

/// <summary>
/// Notes of imported blobs that are about to be deleted, or were within a day. Whoever makes a file of such a blob writes its entity first and
/// then looks for notes; whoever deletes it writes the note first and then looks for entities. So at least one of two at the same time sees the
/// other, and who has listed the blob before it went learns of it, too. A version of a blob never comes back, so a note refuses nothing else.
/// </summary>
internal sealed class ErasureNotes(StorageLayout layout, TimeProvider clock)
{
    private const string Kind = "erasing|";
    private const string Name = "src";
    private const string ETag = "etag";
    private const int Writers = 4;
    private const int Looks = 10;
    private const int Readers = 8;
    private const int CharactersInKey = 128;
    private const char Replaced = '\uF000';

    /// <summary>
    /// A note stays for so long: a listing that has the blob might still be worked on, or the call that deletes it be under way. No deletion is
    /// sent after half of it.
    /// </summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>Writes the notes of a run: one transaction for each 100, and what the removal of old ones takes.</summary>
    /// <param name="run">Names the run.</param>
    public async Task AddAsync(BlobContainer container, string run, IReadOnlyCollection<SourceBlob> blobs, CancellationToken cancellationToken)
    {
        var partition = PartitionOf(container);
        var old = $"PartitionKey eq '{partition}' and Timestamp lt datetime'{(clock.GetUtcNow() - Lifetime).UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}'";
        await RowSweep.DeleteAsync(layout.Schedules, layout.Schedules.ScanAsync(old, cancellationToken), int.MaxValue, cancellationToken);
        await SubmitAsync(
            partition,
            blobs,
            (batch, blob) => batch.Upsert(new Row(partition, KeyOf(blob.Name, run)) { [Name] = blob.Name, [ETag] = blob.ETag }),
            cancellationToken);
    }

    /// <summary>Removes notes of a run whose blobs stay: one transaction for each 100.</summary>
    /// <param name="run">Names the run.</param>
    public Task RemoveAsync(BlobContainer container, string run, IReadOnlyCollection<SourceBlob> blobs, CancellationToken cancellationToken) =>
        SubmitAsync(PartitionOf(container), blobs, (batch, blob) => batch.Delete(KeyOf(blob.Name, run)), cancellationToken);

    /// <summary>
    /// Finds blobs that are being deleted or gone, for one that has just written their entities: one transaction while none between the first
    /// and the last was deleted within a day. While one is being deleted it waits some seconds for the outcome.
    /// </summary>
    /// <param name="container">The container of the blobs.</param>
    /// <param name="blobs">The blobs.</param>
    /// <returns>The names of those that are gone, or may be soon.</returns>
    public async Task<IReadOnlySet<string>> FindErasedAsync(BlobContainer container, IReadOnlyCollection<SourceBlob> blobs, CancellationToken cancellationToken)
    {
        var gone = new HashSet<string>(StringComparer.Ordinal);
        for (var looks = 1; ; looks++)
        {
            var open = await FindAsync(container, blobs, cancellationToken);
            await BoundedParallel.ForEachAsync(open, Readers, async (blob, token) =>
            {
                if (await container.FindAsync(blob.Name, token) is { } found && new SourceBlob(blob.Name, found.ETag) == blob)
                    return;
                lock (gone)
                    gone.Add(blob.Name);
            }, cancellationToken);
            blobs = [.. open.Where(blob => !gone.Contains(blob.Name))];
            if (blobs.Count == 0 || looks == Looks)
                break;
            await Task.Delay(s_pause, clock, cancellationToken);
        }
        gone.UnionWith(blobs.Select(blob => blob.Name));
        return gone;
    }

    private async Task<IReadOnlyCollection<SourceBlob>> FindAsync(
        BlobContainer container, IReadOnlyCollection<SourceBlob> blobs, CancellationToken cancellationToken)
    {
        if (blobs.Count == 0)
            return [];
        var keys = blobs.Select(blob => StartOf(blob.Name)).ToList();
        var range = new RowRange(PartitionOf(container), keys.Min(StringComparer.Ordinal)!, RowRange.After(keys.Max(StringComparer.Ordinal)!));
        var wanted = blobs.ToHashSet();
        var before = clock.GetUtcNow() - Lifetime;
        return await layout.Schedules.QueryAsync(range, cancellationToken)
            .Where(note => note.Timestamp >= before)
            .Select(note => new SourceBlob(note.RequiredText(Name), note.RequiredText(ETag)))
            .Where(wanted.Contains).Distinct().ToListAsync(cancellationToken);
    }

    private Task SubmitAsync(string partition, IEnumerable<SourceBlob> blobs, Action<TableBatch, SourceBlob> add, CancellationToken cancellationToken) =>
        BoundedParallel.ForEachAsync(
            blobs.DistinctBy(blob => blob.Name).Chunk(AzureLimits.BatchOperations),
            Writers,
            async (chunk, token) =>
            {
                var batch = new TableBatch(partition);
                foreach (var blob in chunk)
                    add(batch, blob);
                await layout.Schedules.SubmitAsync(batch, token);
            },
            cancellationToken);

    private static string PartitionOf(BlobContainer container) => Kind + Hash(container.Identity);

    /// <summary>The start of the keys of a blob's notes. Blobs of a folder stand together, so a listing needs one range.</summary>
    private static string StartOf(string name) =>
        string.Concat(name.Take(CharactersInKey).Select(c => char.IsControl(c) || char.IsSurrogate(c) || c is '/' or '\\' or '#' or '?' or '%' ? (char)(Replaced + (c & 0xFF)) : c))
        + "|" + Hash(name);

    private static string KeyOf(string name, string run) => $"{StartOf(name)}|{run}";

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
