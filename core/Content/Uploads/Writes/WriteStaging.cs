using System.Buffers;
using System.Runtime.ExceptionServices;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// Stores the parts of a write that are not visible yet: the charge, the blob, its entity and the id row of a new file. They are written in parallel.
/// </summary>
/// <param name="layout">The storage of id rows.</param>
/// <param name="intents">The rows of writes.</param>
/// <param name="quota">Charges the bytes.</param>
/// <param name="encryption">Encrypts where the policy says so.</param>
/// <param name="memory">Bounds the buffers of all writes.</param>
/// <param name="clock">Determines when a write has to be renewed.</param>
internal sealed class WriteStaging(
    StorageLayout layout, WriteIntents intents, QuotaLedger quota, EntityStore entities, UploadBlobs blobs, BlobEncryption encryption,
    UploadMemory memory, TimeProvider clock)
{
    /// <summary>The time between two signs of life from a writer.</summary>
    public static readonly TimeSpan Renewal = WriteIntents.Lifetime / 2;

    /// <summary>Stores a write: two transactions for the charge, one each for the blob, its entity and the id row.</summary>
    /// <param name="content">The bytes.</param>
    /// <param name="cancellationToken">Ends the reading; requests to storage are not cancelled, so that their effects are known.</param>
    /// <exception cref="CloudreveException">40051 for the quota, 40013 for another length than announced.</exception>
    public Task StageAsync(ContentWrite write, Stream content, CancellationToken cancellationToken) =>
        StageRowsAndAsync(write, token => StoreBlobAsync(write, content, token), cancellationToken);

    /// <summary>Stores a write whose content is a copy: like <see cref="StageAsync"/>, and one transaction more.</summary>
    /// <param name="copyAsync">Copies the content to the write's blob.</param>
    /// <param name="cancellationToken">Ends the waiting for a large copy.</param>
    public Task StageCopyAsync(ContentWrite write, Func<CancellationToken, Task> copyAsync, CancellationToken cancellationToken) =>
        StageRowsAndAsync(write, copyAsync, cancellationToken);

    /// <summary>
    /// Stores a write of unknown length: blocks first, then everything that depends on the length. One transaction for the bytes that the owner
    /// has in use, one for each block, two to note the length, and those of <see cref="StageAsync"/>.
    /// </summary>
    /// <param name="content">The bytes; not none.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="CloudreveException">40051 for the quota, 40049 for the size.</exception>
    public async Task StageOpenEndedAsync(ContentWrite write, Stream content, CancellationToken cancellationToken)
    {
        var container = await blobs.ContainerOfAsync(write.Intent.PolicyId, cancellationToken);
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        using (var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token))
            await JoinAsync([write], [StoreOpenEndedAsync(container, write, content, stop.Token)], RenewAsync(write, ended.Token), ended, stop);
        write.Intent = await intents.RenewAsync(write.Intent with { Size = write.Request.Size }, CancellationToken.None);
        // Settlements wait for minutes; these calls do not take that long.
        await Task.WhenAll(
            quota.ChargeAsync(write.Intent.OwnerId, write.Intent.Operation, write.Intent.Size, write.Limit, CancellationToken.None),
            StoreRowsAsync(write),
            StoreIdAsync(write),
            CommitAsync(container, write.Intent.Source, [.. write.Blocks.BlockIds]));
    }

    private async Task StageRowsAndAsync(ContentWrite write, Func<CancellationToken, Task> storeBlob, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        Task[] work =
        [
            quota.ChargeAsync(write.Intent.OwnerId, write.Intent.Operation, write.Intent.Size, write.Limit, CancellationToken.None),
            StoreRowsAsync(write),
            StoreIdAsync(write),
            storeBlob(stop.Token),
        ];
        await JoinAsync([write], work, RenewAsync(write, ended.Token), ended, stop);
    }

    /// <summary>Stages blocks until the content ends, and notes its size.</summary>
    private async Task StoreOpenEndedAsync(BlobContainer container, ContentWrite write, Stream content, CancellationToken cancellationToken)
    {
        var most = write.Limit is { } limit ? limit - await quota.GetUsedAsync(write.Intent.OwnerId, cancellationToken) : long.MaxValue;
        using var room = await memory.TakeAsync(2 * write.BlockSize, cancellationToken);
        using var cipher = write.Encryption is null ? null : (await encryption.OpenAsync(write.Encryption, cancellationToken)).CreateCipher();
        var (filling, sending) = (ArrayPool<byte>.Shared.Rent((int)write.BlockSize), ArrayPool<byte>.Shared.Rent((int)write.BlockSize));
        var sent = Task.CompletedTask;
        try
        {
            var (size, length) = (0L, (int)write.BlockSize);
            for (var index = 0; length == write.BlockSize; index++)
            {
                length = await content.ReadAtLeastAsync(filling.AsMemory(0, (int)write.BlockSize), (int)write.BlockSize, throwOnEndOfStream: false, cancellationToken);
                if (length == 0)
                    break;
                size += length;
                CheckOpenEnded(write, size, index, most);
                cipher?.Apply(filling.AsSpan(0, length), size - length);
                await sent;
                (filling, sending) = (sending, filling);
                sent = SendAsync(container, write.Intent.Source, index, sending, length);
            }
            await sent;
            write.Request = write.Request with { Size = size };
        }
        finally
        {
            await sent.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(sending);
        }
    }

    private static void CheckOpenEnded(ContentWrite write, long size, int index, long most)
    {
        write.CheckSize(size);
        if (size > most)
            throw new CloudreveException(ErrorCode.QuotaExceeded, "The storage quota is exceeded.");
        if (index >= ChunkPlan.MaxBlocks)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file exceeds the size limit of a single request.");
    }

    /// <summary>
    /// Stores a write whose content is in staged blocks already: two transactions for the charge, one each for its entity and the id row. The blob
    /// comes last, when nothing can fail any more.
    /// </summary>
    /// <exception cref="CloudreveException">40051 for the quota.</exception>
    public async Task StageStoredAsync(ContentWrite write, IReadOnlyList<string> blockIds, CancellationToken cancellationToken)
    {
        await quota.ChargeAsync(write.Intent.OwnerId, write.Intent.Operation, write.Intent.Size, write.Limit, CancellationToken.None);
        await StoreRowsAsync(write);
        await StoreIdAsync(write);
        await CommitAsync(await blobs.ContainerOfAsync(write.Intent.PolicyId, cancellationToken), write.Intent.Source, blockIds);
    }

    /// <summary>
    /// Waits for all; the first that fails ends the others, and its error is the one that is thrown. A call without a response may hide behind it.
    /// </summary>
    public static async Task JoinAsync(IReadOnlyList<ContentWrite> writes, Task[] work, Task renewal, CancellationTokenSource ended, CancellationTokenSource stop)
    {
        ExceptionDispatchInfo? first = null;
        var open = work.Length;
        await foreach (var task in Task.WhenEach([.. work, renewal]))
        {
            if (task != renewal && --open == 0)
                await ended.CancelAsync();
            if (task.IsCompletedSuccessfully)
                continue;
            var error = task.Exception?.InnerException ?? new TaskCanceledException(task);
            first ??= ExceptionDispatchInfo.Capture(error);
            if (error is StorageException)
            {
                foreach (var write in writes)
                    write.MayTakeEffectLate = true;
            }
            await stop.CancelAsync();
        }
        first?.Throw();
    }

    /// <summary>Keeps others from settling the write while its content arrives.</summary>
    private async Task RenewAsync(ContentWrite write, CancellationToken ended)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Renewal, clock, ended);
                write.Intent = await intents.RenewAsync(write.Intent, CancellationToken.None);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // All is stored.
        }
    }

    /// <summary>Writes the entity, and reads the time of the previous version.</summary>
    private async Task StoreRowsAsync(ContentWrite write)
    {
        if (write.Intent.EntityId != 0)
            await entities.AddAsync(write.Entity);
        if (write.PreviousId != 0)
            write.PreviousCreatedAt = (await entities.FindAsync(write.PreviousId))?.CreatedAt;
    }

    private async Task StoreIdAsync(ContentWrite write)
    {
        if (write.Intent.IsNewFile)
            await layout.FileIds.UpsertAsync(EntryRows.NewIdRow(write.Intent.FileId, FileType.File, write.Intent.FolderId, write.Intent.OwnerId, clock.GetUtcNow()));
    }

    private async Task StoreBlobAsync(ContentWrite write, Stream content, CancellationToken cancellationToken)
    {
        if (write.Request.Size == 0)
        {
            await ExpectEndAsync(content, cancellationToken);
            return;
        }
        using var room = await memory.TakeAsync(write.Intent.IsInBlocks ? 2 * write.BlockSize : write.Request.Size, cancellationToken);
        var container = await blobs.ContainerOfAsync(write.Intent.PolicyId, cancellationToken);
        using var cipher = write.Encryption is null ? null : (await encryption.OpenAsync(write.Encryption, cancellationToken)).CreateCipher();
        if (write.Intent.IsInBlocks)
            await StoreBlocksAsync(container, write, content, cipher, cancellationToken);
        else
            await StoreWholeAsync(container, write, content, cipher, cancellationToken);
    }

    private static async Task StoreWholeAsync(BlobContainer container, ContentWrite write, Stream content, CtrCipher? cipher, CancellationToken cancellationToken)
    {
        var length = (int)write.Request.Size;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            await FillAsync(content, buffer.AsMemory(0, length), cancellationToken);
            await ExpectEndAsync(content, cancellationToken);
            cipher?.Apply(buffer.AsSpan(0, length), 0);
            await WriteNewAsync(container, write.Intent.Source, buffer.AsMemory(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes a blob: one transaction.</summary>
    public static async Task WriteNewAsync(BlobContainer container, string name, ReadOnlyMemory<byte> content)
    {
        try
        {
            await container.WriteAsync(name, BinaryData.FromBytes(content), overwrite: false, cancellationToken: CancellationToken.None);
        }
        catch (StorageExistsException)
        {
            // The response to a first try was lost; nobody else writes to that name.
        }
    }

    /// <summary>Stages the blocks, the next one being read while one is sent, and commits them.</summary>
    private static async Task StoreBlocksAsync(BlobContainer container, ContentWrite write, Stream content, CtrCipher? cipher, CancellationToken cancellationToken)
    {
        var blocks = write.Blocks;
        var (filling, sending) = (ArrayPool<byte>.Shared.Rent((int)write.BlockSize), ArrayPool<byte>.Shared.Rent((int)write.BlockSize));
        var sent = Task.CompletedTask;
        try
        {
            for (var index = 0; index < blocks.Count; index++)
            {
                var length = (int)blocks.LengthOf(index);
                await FillAsync(content, filling.AsMemory(0, length), cancellationToken);
                cipher?.Apply(filling.AsSpan(0, length), index * write.BlockSize);
                await sent;
                (filling, sending) = (sending, filling);
                sent = SendAsync(container, write.Intent.Source, index, sending, length);
            }
            await ExpectEndAsync(content, cancellationToken);
            await sent;
        }
        finally
        {
            // A buffer must not be returned while it is being sent.
            await sent.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            ArrayPool<byte>.Shared.Return(filling);
            ArrayPool<byte>.Shared.Return(sending);
        }
        await CommitAsync(container, write.Intent.Source, [.. blocks.BlockIds]);
    }

    private static async Task SendAsync(BlobContainer container, string name, int index, byte[] buffer, int length)
    {
        using var block = new MemoryStream(buffer, 0, length, writable: false);
        await container.StageBlockAsync(name, ChunkPlan.BlockId(index), block, CancellationToken.None);
    }

    private static async Task CommitAsync(BlobContainer container, string name, IReadOnlyList<string> blockIds)
    {
        try
        {
            await container.CommitNewAsync(name, blockIds);
        }
        catch (StorageExistsException)
        {
            // The response to a first try was lost; nobody else writes to that name.
        }
    }

    private static async Task FillAsync(Stream content, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken) < buffer.Length)
            throw BadLength();
    }

    private static async Task ExpectEndAsync(Stream content, CancellationToken cancellationToken)
    {
        if (await content.ReadAsync(new byte[1], cancellationToken) > 0)
            throw BadLength();
    }

    private static CloudreveException BadLength() => new(ErrorCode.BadContentLength, "The content does not match its Content-Length.");
}
