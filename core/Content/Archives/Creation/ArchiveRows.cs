using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>A segment that is complete.</summary>
/// <param name="Run">The run that wrote it.</param>
/// <param name="FirstBlock">The number of its first block.</param>
/// <param name="Blocks">Number of blocks.</param>
/// <param name="DirectoryParts">Number of rows of its part of the directory.</param>
internal sealed record ArchiveSegmentRow(string Run, int FirstBlock, int Blocks, int DirectoryParts);

/// <summary>
/// The bookkeeping of an archive that is being created: its state (<c>a</c>), each complete segment (<c>s|</c>), and its part of the zip's
/// directory (<c>d|</c>). A run that was overtaken leaves rows behind that nothing refers to.
/// </summary>
internal sealed class ArchiveRows(StorageLayout layout)
{
    private const string StateKey = "a";
    private const string Segments = "s|";
    private const string Directory = "d|";
    private const int PropertiesInRow = 12;

    /// <summary>The state with its version: one transaction; null before the first segment.</summary>
    public async Task<(ArchiveState State, string ETag)?> FindAsync(long taskId, CancellationToken cancellationToken) =>
        await layout.TaskItems.FindAsync(Partition(taskId), StateKey, cancellationToken) is { } row
            ? (JsonSerializer.Deserialize(LongText.Read(row, Columns.State)!, ArchiveCreationJson.Short.ArchiveState)!, row.ETag)
            : null;

    /// <summary>Writes the first state, unless a competing call did: one transaction.</summary>
    public async Task AddAsync(long taskId, ArchiveState state, CancellationToken cancellationToken)
    {
        try
        {
            await layout.TaskItems.InsertAsync(ToRow(taskId, state), cancellationToken);
        }
        catch (StorageExistsException)
        {
            // The response to a first try was lost, or a competing call was first; its state is equivalent.
        }
    }

    /// <summary>Replaces the state, together with the segment that led to it: one transaction.</summary>
    /// <exception cref="StorageException">Another run has replaced it meanwhile.</exception>
    public async Task ReplaceAsync(long taskId, ArchiveState state, string etag, ArchiveSegmentRow? segment, CancellationToken cancellationToken)
    {
        var batch = new TableBatch(Partition(taskId)).Replace(ToRow(taskId, state), etag);
        if (segment is not null)
        {
            batch.Insert(new Row(Partition(taskId), SegmentKey(state.Segments))
            {
                [Columns.Run] = segment.Run,
                [Columns.FirstBlock] = segment.FirstBlock,
                [Columns.Blocks] = segment.Blocks,
                [Columns.DirectoryParts] = segment.DirectoryParts,
            });
        }
        try
        {
            await layout.TaskItems.SubmitAsync(batch, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageExistsException)
        {
            // The response to a first try may have been lost.
            if (await FindAsync(taskId, cancellationToken) is not { } found || found.State.Run != state.Run || found.State.Segments != state.Segments || found.State.Place != state.Place)
                throw;
        }
    }

    /// <summary>Stores a part of the directory: one transaction for each 750 KB of what it is compressed to.</summary>
    /// <returns>The number of rows that it takes.</returns>
    public async Task<int> AddDirectoryAsync(long taskId, string run, ReadOnlyMemory<byte> directory, CancellationToken cancellationToken)
    {
        using var packed = new MemoryStream();
        await using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await deflate.WriteAsync(directory, cancellationToken);
        var parts = packed.ToArray().Chunk(AzureLimits.BinaryBytes).Chunk(PropertiesInRow).ToList();
        for (var i = 0; i < parts.Count; i++)
        {
            var row = new Row(Partition(taskId), DirectoryKey(run, i));
            for (var p = 0; p < parts[i].Length; p++)
                row[PartName(p)] = parts[i][p];
            await layout.TaskItems.UpsertAsync(row, cancellationToken);
        }
        return parts.Count;
    }

    /// <summary>The complete segments, in order: one transaction for each 1,000.</summary>
    public IAsyncEnumerable<ArchiveSegmentRow> ReadSegmentsAsync(long taskId, CancellationToken cancellationToken) => layout.TaskItems
        .QueryAsync(RowRange.Prefix(Partition(taskId), Segments), cancellationToken)
        .Select(row => new ArchiveSegmentRow(
            row.RequiredText(Columns.Run), (int)row.RequiredNumber(Columns.FirstBlock), (int)row.RequiredNumber(Columns.Blocks), (int)row.RequiredNumber(Columns.DirectoryParts)));

    /// <summary>A segment's part of the directory: one transaction for each of its rows.</summary>
    public async Task<byte[]> ReadDirectoryAsync(long taskId, ArchiveSegmentRow segment, CancellationToken cancellationToken)
    {
        using var packed = new MemoryStream();
        for (var i = 0; i < segment.DirectoryParts; i++)
        {
            var row = await layout.TaskItems.FindAsync(Partition(taskId), DirectoryKey(segment.Run, i), cancellationToken)
                ?? throw new InvalidDataException($"A part of the directory of the archive of task {taskId} is missing.");
            for (var p = 0; row.Bytes(PartName(p)) is { } bytes; p++)
                packed.Write(bytes);
        }
        packed.Position = 0;
        using var directory = new MemoryStream();
        await using (var inflate = new DeflateStream(packed, CompressionMode.Decompress))
            await inflate.CopyToAsync(directory, cancellationToken);
        return directory.ToArray();
    }

    /// <summary>Removes all rows of a task: one transaction for each 100. Harmless to repeat.</summary>
    public Task ClearAsync(long taskId, CancellationToken cancellationToken) => RowSweep.DeleteAsync(
        layout.TaskItems, layout.TaskItems.QueryAsync(new RowRange(Partition(taskId)), cancellationToken), int.MaxValue, cancellationToken);

    private static Row ToRow(long taskId, ArchiveState state)
    {
        var row = new Row(Partition(taskId), StateKey);
        LongText.Write(row, Columns.State, JsonSerializer.Serialize(state, ArchiveCreationJson.Short.ArchiveState));
        return row;
    }

    private static string Partition(long taskId) => "archive" + taskId.ToString("x", CultureInfo.InvariantCulture);

    private static string SegmentKey(int number) => Segments + number.ToString("x8", CultureInfo.InvariantCulture);

    private static string DirectoryKey(string run, int part) => $"{Directory}{run}|{part.ToString("x4", CultureInfo.InvariantCulture)}";

    private static string PartName(int part) => "p" + part.ToString(CultureInfo.InvariantCulture);

    private static class Columns
    {
        public const string State = "state";
        public const string Run = "run";
        public const string FirstBlock = "first";
        public const string Blocks = "blocks";
        public const string DirectoryParts = "dir";
    }
}
