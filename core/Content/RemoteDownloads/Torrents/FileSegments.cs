using System.Buffers;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>
/// Stores large files of torrents in segments: blocks of their final blobs. Each call does one thing whose result is to be kept, so a process that is
/// killed costs a segment, and a cancellation is noticed between two.
/// </summary>
/// <param name="writer">Gives files their content.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="memory">Bounds the buffers of all writes.</param>
/// <param name="encryption">Opens keys.</param>
/// <param name="sizes">The sizes of segments.</param>
/// <param name="clock">Limits segments of slow storage.</param>
internal sealed class FileSegments(
    StoredContentWriter writer, UploadBlobs blobs, UploadMemory memory, BlobEncryption encryption, SegmentSizes sizes, TimeProvider clock)
{
    private const int BufferBytes = 128 * 1024;
    private const int SmallBlock = 4 << 20;
    private const int MaxBlockDoublings = 4;

    // A blob has at most 50,000 blocks, and the last one of a segment may be short.
    private const int BlocksOfSize = 40_000;
    private const int SegmentsOfSize = 500;

    // The state of a task's row has to hold those of all files that are stored at a time.
    private const int MaxSegments = 1_000;

    private const int MaxRestarts = 3;

    private static readonly TimeSpan s_segmentTime = TimeSpan.FromSeconds(60);

    /// <summary>True if a file is stored in segments.</summary>
    public bool Takes(DownloadedFile file) => file.Size > sizes.Whole;

    /// <summary>Decides where a file's content will be. Nothing is written.</summary>
    /// <exception cref="CloudreveException">40049 and others: the file cannot be stored.</exception>
    public async Task<StagedFile> BeginAsync(Caller caller, FilePath path, DownloadedFile file, DateTimeOffset stamp, CancellationToken cancellationToken)
    {
        if (file.Size > await writer.MaxSizeAsync(caller, path, cancellationToken))
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file is larger than the storage policy allows.");
        return new StagedFile { Index = file.Index, Size = file.Size, Stamp = stamp, Content = await writer.BeginAsync(caller, path, cancellationToken) };
    }

    /// <summary>Does the next thing for a file.</summary>
    /// <param name="caller">The owner.</param>
    /// <param name="path">The file's path in the drive.</param>
    /// <param name="staged">The file as it is stored.</param>
    /// <param name="found">The file as the downloader has it.</param>
    /// <param name="reserved">Bytes that the owner is charged for it and others already.</param>
    /// <returns>The file as it is stored then; null when it is complete.</returns>
    /// <exception cref="CloudreveException">The file cannot be stored.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="RetryLaterException">It may succeed later.</exception>
    public async Task<StagedFile?> ContinueAsync(
        Caller caller, FilePath path, StagedFile staged, FileInfo found, long reserved, CancellationToken cancellationToken)
    {
        if (!staged.IsWhole)
            return await StageAsync(Restart(staged, DownloadFolder.StampOf(found)), found, cancellationToken);
        if (staged.Place is not { } place)
            return staged with { Place = await writer.FindPlaceAsync(caller, path, staged.Size, cancellationToken) };
        IReadOnlyList<string> blocks =
            [.. staged.Stretches.SelectMany(stretch => Enumerable.Range(0, stretch.Blocks).Select(i => BlockOutput.BlockId(stretch.Run, i)))];
        await writer.WriteAsync(caller, path, staged.Content, place with { AlreadyCharged = reserved }, _ => Task.FromResult(blocks), cancellationToken);
        return null;
    }

    /// <summary>Removes what was staged, unless the file has received it. Harmless to repeat.</summary>
    public Task DiscardAsync(long ownerId, StagedFile staged, CancellationToken cancellationToken) =>
        writer.DiscardAsync(ownerId, staged.Content, staged.Place, cancellationToken);

    /// <summary>A file that was changed is stored from its beginning; blocks that no list names are dropped in the end.</summary>
    private static StagedFile Restart(StagedFile staged, DateTimeOffset stamp)
    {
        if (stamp == staged.Stamp)
            return staged;
        if (staged.Restarts == MaxRestarts)
            throw new CloudreveException(ErrorCode.UnsetError, "The downloader changes it again and again.");
        return staged with { Stamp = stamp, Position = 0, Stretches = [], Restarts = staged.Restarts + 1 };
    }

    private async Task<StagedFile> StageAsync(StagedFile staged, FileInfo found, CancellationToken cancellationToken)
    {
        if (staged.Stretches.Count == MaxSegments)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file takes too many parts.");
        var end = Math.Min(staged.Size, staged.Position + Math.Max(sizes.Segment, staged.Size / SegmentsOfSize));
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var content = DownloadFolder.Open(found);
            content.Position = staged.Position;
            await using var open = await StagedOutput.OpenAsync(
                blobs, memory, encryption, staged.Content, BlockOutput.NewRun(), BlockSizeOf(staged.Size), staged.Position, cancellationToken);
            for (var start = clock.GetTimestamp(); open.Output.Position < end && clock.GetElapsedTime(start) < s_segmentTime;)
            {
                var count = (int)Math.Min(buffer.Length, end - open.Output.Position);
                await content.ReadExactlyAsync(buffer.AsMemory(0, count), cancellationToken);
                await open.Output.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
            await open.Output.CompleteAsync(cancellationToken);
            return staged with { Position = open.Output.Position, Stretches = [.. staged.Stretches, new StagedStretch(open.Output.Run, open.Output.Blocks)] };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int BlockSizeOf(long size)
    {
        var doublings = 0;
        while (doublings < MaxBlockDoublings && size / ((long)SmallBlock << doublings) >= BlocksOfSize)
            doublings++;
        return SmallBlock << doublings;
    }
}
