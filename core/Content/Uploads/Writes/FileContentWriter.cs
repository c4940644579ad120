using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>
/// Writes the content of a file from a stream. The content is stored first; it is not visible, and no lock is taken, until one
/// batch gives it to the file. Memory does not depend on the length.
/// </summary>
public sealed class FileContentWriter
{
    private const long LeastBlock = 8 << 20;
    private const int SmallOpenEnded = 64 << 10;

    private readonly UploadTargets _targets;
    private readonly UploadBlobs _blobs;
    private readonly DriveLocks _locks;
    private readonly DepthGuard _guard;
    private readonly WriteIntents _intents;
    private readonly WriteStaging _staging;
    private readonly WritePlacement _placement;
    private readonly WriteUndo _undo;
    private readonly IdAllocator _ids;
    private readonly BlobEncryption _encryption;
    private readonly TimeProvider _clock;

    internal FileContentWriter(
        UploadTargets targets, UploadBlobs blobs, DriveLocks locks, DepthGuard guard, WriteIntents intents, WriteStaging staging,
        WritePlacement placement, WriteUndo undo, IdAllocator ids, BlobEncryption encryption, TimeProvider clock)
    {
        (_targets, _blobs, _locks, _guard, _intents, _staging, _placement) = (targets, blobs, locks, guard, intents, staging, placement);
        (_undo, _ids, _encryption, _clock) = (undo, ids, encryption, clock);
    }

    /// <summary>
    /// Writes a file's content. The previous content becomes an older version, as far as the owner keeps them. Path + 9 transactions for
    /// up to 8 MiB, one more for the first of a folder in a minute, three more for each folder on the path that is missing.
    /// </summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="content">The bytes, as many as announced.</param>
    /// <param name="cancellationToken">Cancels the call; the file stays as it was.</param>
    /// <returns>The file as it is stored.</returns>
    /// <exception cref="CloudreveException">
    /// 40004 for a clash, 40052 and 40050 for the name, 40049 for the size, 40051 for the quota, 40073 while the path is locked, 40076 for
    /// another version, 40016 for a missing folder, 40001 when a folder above was moved too deep meanwhile, 40006 when the group cannot store files, 40013 for another length than announced.
    /// </exception>
    public async Task<FileRecord> WriteAsync(Caller caller, ContentRequest request, Stream content, CancellationToken cancellationToken = default) =>
        (await PutAsync(caller, request, content, cancellationToken)).File;

    /// <summary>Writes a file's content, and reports whether that created the file.</summary>
    /// <inheritdoc cref="WriteAsync"/>
    public Task<WrittenFile> PutAsync(Caller caller, ContentRequest request, Stream content, CancellationToken cancellationToken = default) =>
        RunAsync(caller, request, new ContentForm(), write => _staging.StageAsync(write, content, cancellationToken), cancellationToken);

    /// <summary>
    /// Writes content of unknown length: like <see cref="PutAsync"/> up to 64 KiB, beyond in blocks of 8 MiB. Five more
    /// transactions then, and one for each block. It is charged when it has ended, and given up as soon as it exceeds what the owner may store.
    /// </summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="request">The request; its length does not count.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="cancellationToken">Cancels the call; the file stays as it was.</param>
    /// <inheritdoc cref="WriteAsync"/>
    public async Task<WrittenFile> PutOpenEndedAsync(Caller caller, ContentRequest request, Stream content, CancellationToken cancellationToken = default)
    {
        var start = new byte[SmallOpenEnded];
        var read = await content.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken);
        if (read < start.Length)
        {
            using var whole = new MemoryStream(start, 0, read, writable: false);
            return await PutAsync(caller, request with { Length = read }, whole, cancellationToken);
        }
        await using var rest = new PrefixedStream(start, content);
        return await RunAsync(
            caller, request with { Length = read }, new ContentForm { IsOpenEnded = true }, write => _staging.StageOpenEndedAsync(write, rest, cancellationToken), cancellationToken);
    }

    /// <summary>Gives a file a copy of content that another one has; the bytes do not pass through the process. The transactions of <see cref="PutAsync"/> and one.</summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="source">The content.</param>
    /// <param name="cancellationToken">Cancels the call; the file stays as it was.</param>
    /// <inheritdoc cref="WriteAsync"/>
    public Task<WrittenFile> CopyAsync(Caller caller, ContentRequest request, EntityRecord source, CancellationToken cancellationToken = default) => RunAsync(
        caller, request with { Length = source.Size }, new ContentForm { Source = source },
        write => _staging.StageCopyAsync(write, token => _blobs.CopyAsync(source, write.Intent.Source, token), cancellationToken), cancellationToken);

    /// <summary>Gives a file content that is staged in a blob of its own, which is copied; the bytes do not pass through the process.</summary>
    /// <param name="caller">The user who writes: the owner of the drive.</param>
    /// <param name="request">The request, with its length.</param>
    /// <param name="policyId">The policy of the blob.</param>
    /// <param name="copyAsync">Copies the blob to a name, once it is certain that the file may be written.</param>
    /// <param name="cancellationToken">Cancels the call; the file stays as it was.</param>
    internal Task<WrittenFile> TakeStagedAsync(
        Caller caller, ContentRequest request, int policyId,
        Func<string, CancellationToken, Task> copyAsync, CancellationToken cancellationToken) => RunAsync(
        caller, request, new ContentForm { StagedPolicyId = policyId },
        write => _staging.StageCopyAsync(write, token => copyAsync(write.Intent.Source, token), cancellationToken), cancellationToken);

    private async Task<WrittenFile> RunAsync(
        Caller caller, ContentRequest request, ContentForm form, Func<ContentWrite, Task> stageAsync, CancellationToken cancellationToken)
    {
        var write = await PrepareAsync(caller, request, form, cancellationToken);
        FileRecord file;
        try
        {
            await stageAsync(write);
            file = await _placement.PlaceAsync(write, cancellationToken);
        }
        catch (Exception e)
        {
            await _undo.TryAsync(write.Intent, write.MayTakeEffectLate || e is StorageException);
            throw;
        }
        if (write.File is null)
            await _guard.RequireAsync(write.Seen, request.Path, file, cancellationToken);
        await _placement.FinishAsync(write, file);
        return new WrittenFile(file, write.File is null);
    }

    /// <summary>Checks the request and notes the write.</summary>
    private async Task<ContentWrite> PrepareAsync(Caller caller, ContentRequest request, ContentForm form, CancellationToken cancellationToken)
    {
        var owner = caller.RequireUser();
        var upload = new UploadRequest(request.Path, request.Length)
        {
            Overwrites = !request.IsNew,
            Previous = request.Previous,
            ModifiedAt = request.ModifiedAt,
            ClientId = request.ClientId,
            LockTokens = request.LockTokens,
        };
        var policy = await _targets.CheckAsync(caller, upload, cancellationToken);
        if (form.PolicyId is { } id)
            policy = await _targets.GetPolicyAsync(id, cancellationToken);
        var block = form.PolicyId is null ? BlockSizeOf(request.Length) : request.Length;
        var seen = await _locks.ReadAsync(owner.Id, cancellationToken);
        var target = await _targets.FindAsync(seen, upload, cancellationToken);
        if (request.NeedsFolder && target.ParentId is null)
            throw new CloudreveException(ErrorCode.PathNotFound, "The folder does not exist.");
        var write = new ContentWrite
        {
            Request = upload,
            Seen = seen,
            ParentId = target.ParentId,
            File = target.File,
            At = _clock.GetUtcNow(),
            KeepVersions = VersionRetention.KeptOf(owner.Settings, request.Path.Name),
            Limit = caller.Group.MaxStorage > long.MaxValue - request.AlreadyCharged ? long.MaxValue : caller.Group.MaxStorage + request.AlreadyCharged,
            BlockSize = block,
            Encryption = await EncryptionOfAsync(policy, request, form, cancellationToken),
            Metadata = request.Metadata,
            TaskId = request.TaskId,
            PreviousId = target.File?.PrimaryEntityId ?? 0,
            CheckSize = FileRules.Of(policy).CheckSize,
            Intent = await DescribeAsync(owner.Id, policy, request, target, form.IsOpenEnded || request.Length > block, cancellationToken),
        };
        write.Intent = await _intents.AddAsync(write.Intent, cancellationToken);
        return write;
    }

    private async Task<WriteIntent> DescribeAsync(
        long ownerId, StoragePolicy policy, ContentRequest request, UploadTarget target, bool isInBlocks, CancellationToken cancellationToken)
    {
        var entityId = request.Length == 0 ? 0 : await _ids.NextAsync(IdKind.Entity, cancellationToken);
        return new WriteIntent
        {
            Id = Guid.NewGuid(),
            OwnerId = ownerId,
            // A missing folder is created once the content is stored.
            FolderId = target.ParentId ?? DriveRoots.RootId(ownerId),
            FileId = target.File?.Id ?? await _ids.NextAsync(IdKind.File, cancellationToken),
            IsNewFile = target.File is null,
            EntityId = entityId,
            Size = request.Length,
            PolicyId = policy.Id,
            Source = entityId == 0 ? "" : BlobNaming.Create(policy, new BlobNamingContext(ownerId, request.Path, entityId, _clock.GetUtcNow())),
            IsInBlocks = isInBlocks,
        };
    }

    /// <summary>A copy is encrypted like its source.</summary>
    private async Task<string?> EncryptionOfAsync(StoragePolicy policy, ContentRequest request, ContentForm form, CancellationToken cancellationToken)
    {
        if (form.PolicyId is not null)
            return form.Source?.Encryption;
        return policy.Settings.Encryption && request.Length > 0 ? await _encryption.CreateAsync(cancellationToken) : null;
    }

    private static long BlockSizeOf(long length)
    {
        var block = Math.Max(LeastBlock, (length + ChunkPlan.MaxBlocks - 1) / ChunkPlan.MaxBlocks);
        return block <= ChunkPlan.MaxRelayChunk * 4
            ? block
            : throw new CloudreveException(ErrorCode.FileTooLarge, "The file exceeds the size limit of a single request.");
    }

    /// <summary>The form in which content arrives.</summary>
    private readonly record struct ContentForm
    {
        /// <summary>True if the length is not known in advance.</summary>
        public bool IsOpenEnded { get; init; }

        /// <summary>The entity that it is a copy of; null when it comes from the client.</summary>
        public EntityRecord? Source { get; init; }

        /// <summary>The policy of the staging blob that it is in; null for none.</summary>
        public int? StagedPolicyId { get; init; }

        /// <summary>The policy of the blob that becomes the content; null when there is none yet.</summary>
        public int? PolicyId => StagedPolicyId ?? (int?)Source?.PolicyId;
    }
}
