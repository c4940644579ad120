using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>Begins uploads.</summary>
public sealed class UploadCreation
{
    private const int Attempts = 5;

    private static readonly TimeSpan UndoTimeout = TimeSpan.FromSeconds(20);

    private readonly UploadTargets _targets;
    private readonly UploadSessions _sessions;
    private readonly UploadCancellation _cancellation;
    private readonly EntriesByPath _byPath;
    private readonly EntryCreation _creation;
    private readonly EntryUpdates _updates;
    private readonly DepthGuard _guard;
    private readonly EntityStore _entities;
    private readonly IdAllocator _ids;
    private readonly QuotaLedger _quota;
    private readonly DriveLocks _locks;
    private readonly BlobEncryption _encryption;
    private readonly ActivityLog _log;
    private readonly TimeProvider _clock;
    private readonly ILogger<UploadCreation> _logger;

    internal UploadCreation(
        UploadTargets targets, UploadSessions sessions, UploadCancellation cancellation, EntriesByPath byPath, EntryCreation creation,
        EntryUpdates updates, DepthGuard guard, EntityStore entities, IdAllocator ids, QuotaLedger quota, DriveLocks locks,
        BlobEncryption encryption, ActivityLog log, TimeProvider clock, ILogger<UploadCreation> logger)
    {
        (_targets, _sessions, _cancellation, _guard, _entities, _ids) = (targets, sessions, cancellation, guard, entities, ids);
        (_byPath, _creation, _updates) = (byPath, creation, updates);
        (_quota, _locks, _encryption, _log, _clock, _logger) = (quota, locks, encryption, log, clock, logger);
    }

    /// <summary>
    /// Begins an upload: locks the path, reserves the bytes, and makes a placeholder for a new file. Path + 8 transactions, three
    /// more for each folder on the path that is missing.
    /// </summary>
    /// <param name="caller">The user who uploads: the owner of the drive.</param>
    /// <param name="cancellationToken">Cancels the call. Its changes are undone, by a timer within minutes if not at once.</param>
    /// <exception cref="CloudreveException">
    /// 40004 for a clash, 40052 and 40050 for the name, 40049 for the size, 40051 for the quota, 40073 while the path is locked,
    /// 40054 when a competing call came first, 40076 for another version, 40016 for a missing file, 40006 when the group cannot store files.
    /// </exception>
    public async Task<UploadSession> BeginAsync(Caller caller, SiteSettings site, UploadRequest request, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await BeginOnceAsync(caller, site, request, cancellationToken);
            }
            catch (CompetingFileException) when (request.Overwrites && attempt < Attempts)
            {
                // The missing file now exists and can be overwritten.
            }
        }
    }

    private async Task<UploadSession> BeginOnceAsync(Caller caller, SiteSettings site, UploadRequest request, CancellationToken cancellationToken)
    {
        var owner = caller.RequireUser();
        var policy = await _targets.CheckAsync(caller, request, cancellationToken);
        var chunks = ChunkPlan.For(policy, request.Size, policy.Settings.Relay);
        var control = await _locks.ReadAsync(owner.Id, cancellationToken);
        var target = await _targets.FindAsync(control, request, cancellationToken);
        var parentId = target.ParentId
            ?? (await _creation.CreateAsync(owner.Id, request.Path.Parent, NewEntry.Folder, failIfExists: false, cancellationToken)).Id;
        // The row comes first: everything after it is undone by the job that finds the row.
        var session = await _sessions.AddAsync(
            await DescribeAsync(
                new UploadPlan(owner, policy, chunks, site.Get(SiteSetting.UploadSessionLifetime)), request, target with { ParentId = parentId }, cancellationToken),
            cancellationToken);
        // Before the charge: all competing calls for the path would wait for each other's changes of the total, including the winner.
        await LockAsync(control, session, cancellationToken);
        try
        {
            await _quota.ChargeAsync(owner.Id, OperationOf(session), session.Size, caller.Group.MaxStorage, cancellationToken);
            if (target.File is null)
                return session with { PlaceholderETag = await CreatePlaceholderAsync(control, session, cancellationToken) };
            await AwaitAsync(session, target.File, request, cancellationToken);
            return session;
        }
        catch (Exception e)
        {
            await UndoAsync(session, e);
            throw;
        }
    }

    /// <summary>The policy of a group's new files.</summary>
    internal static async Task<StoragePolicy> PolicyOfAsync(SiteCatalog catalog, Group group, CancellationToken cancellationToken) =>
        group.StoragePolicyId is { } id && await catalog.FindPolicyAsync(id, cancellationToken) is { IsDeleted: false } policy
            ? policy
            : throw new CloudreveException(ErrorCode.PolicyNotAllowed, "Your group cannot store files.");

    /// <summary>The name under which an upload's bytes are charged.</summary>
    internal static string OperationOf(UploadSession session) => $"up-{session.Id:N}";

    private async Task<UploadSession> DescribeAsync(
        UploadPlan plan, UploadRequest request, UploadTarget target, CancellationToken cancellationToken)
    {
        var (owner, policy, chunks, lifetime) = plan;
        var now = _clock.GetUtcNow();
        var isRelay = policy.Settings.Relay;
        var entityId = request.Size == 0 ? 0 : await _ids.NextAsync(IdKind.Entity, cancellationToken);
        var previous = request is { IsLivePhoto: false } && target.File is { PrimaryEntityId: not 0 } ? target.File.PrimaryEntityId : 0;
        return new UploadSession
        {
            Id = Guid.NewGuid(),
            OwnerId = owner.Id,
            CreatedBy = owner.Id,
            ClientId = request.ClientId,
            FileId = target.File?.Id ?? await _ids.NextAsync(IdKind.File, cancellationToken),
            ParentId = target.ParentId!.Value,
            Path = request.Path,
            IsNewFile = target.File is null,
            Type = request.IsLivePhoto ? EntityType.LivePhoto : EntityType.Version,
            Size = request.Size,
            ChunkSize = chunks.ChunkSize,
            IsRelay = isRelay,
            PolicyId = policy.Id,
            EntityId = entityId,
            Source = entityId == 0 ? "" : BlobNaming.Create(policy, new BlobNamingContext(owner.Id, request.Path, entityId, now)),
            // A client that sends directly and cannot encrypt stores plain content: the app never sees it in transit.
            Encryption = policy.Settings.Encryption && entityId != 0 && (isRelay || request.CanEncrypt) ? await _encryption.CreateAsync(cancellationToken) : null,
            KeepVersions = VersionRetention.KeptOf(owner.Settings, request.Path.Name),
            PreviousEntityId = previous,
            PreviousCreatedAt = previous == 0 ? null : (await _entities.FindAsync(previous, cancellationToken))?.CreatedAt,
            ModifiedAt = request.ModifiedAt,
            Metadata = request.Metadata,
            LockToken = DriveLocks.NewToken(owner.Id),
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        };
    }

    /// <summary>Takes the path's lock. An upload that does not get it has done nothing yet, and leaves nothing behind.</summary>
    private async Task LockAsync(DriveControl control, UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            await _locks.AcquireAsync(control, LockOf(session), cancellationToken);
        }
        catch (LockConflictException)
        {
            await LeaveAsync(session, timeout => _sessions.RemoveAsync(session, timeout));
            throw;
        }
        catch (Exception e)
        {
            await UndoAsync(session, e);
            throw;
        }
    }

    /// <summary>
    /// Undoes a start that failed, or that no client will learn of. If that fails as well, the expiry of uploads finds the row within
    /// minutes.
    /// </summary>
    public Task UndoAsync(UploadSession session, Exception reason) => LeaveAsync(session, async timeout =>
    {
        await _cancellation.CancelAsync(session, timeout);
        // A call without a response from storage may take effect late: its traces are searched for again.
        if (reason is CloudreveException)
            await _sessions.RemoveAsync(session, timeout);
    });

    private async Task LeaveAsync(UploadSession session, Func<CancellationToken, Task> leave)
    {
        using var timeout = new CancellationTokenSource(UndoTimeout, _clock);
        try
        {
            await leave(timeout.Token);
        }
        catch (Exception e) when (e is StorageException or CloudreveException or OperationCanceledException)
        {
            _logger.LogWarning(e, "Upload {Upload} could not be undone at once", session.Mark[..8]);
        }
    }

    /// <summary>
    /// Marks a file that waits for other content. The entity is written here, since completion has to read such a file and would not
    /// keep its budget otherwise; before the mark, by which others find the upload and may cancel it.
    /// </summary>
    private async Task AwaitAsync(UploadSession session, FileRecord file, UploadRequest request, CancellationToken cancellationToken)
    {
        if (session.EntityId != 0)
            await _entities.AddAsync(UploadCompletion.EntityOf(session), cancellationToken);
        await _updates.UpdateAsync(
            file,
            current =>
            {
                UploadTargets.CheckPrevious(current, request);
                return current with { Metadata = new Dictionary<string, string>(current.Metadata) { [MetadataKeys.UploadSession] = session.Mark } };
            },
            cancellationToken);
    }

    /// <summary>Creates the placeholder of a new file.</summary>
    /// <returns>The version of its row.</returns>
    private async Task<string> CreatePlaceholderAsync(DriveControl control, UploadSession session, CancellationToken cancellationToken)
    {
        var placeholder = session.Placeholder;
        var entry = new NewEntry(FileType.File)
        {
            Id = placeholder.Id,
            CreatedAt = placeholder.CreatedAt,
            UpdatedAt = placeholder.UpdatedAt,
            Metadata = placeholder.Metadata,
        };
        try
        {
            var created = await _creation.CreateEntryAsync(
                session.OwnerId, session.ParentId, session.Path.Name, entry, failIfExists: true, cancellationToken);
            await _guard.RequireAsync(control, session.Path, created, cancellationToken);
            await LogCreationAsync(session, created, cancellationToken);
            return created.ETag;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists)
        {
            var existing = await _byPath.FindEntryAsync(session.ParentId, session.Path.Name, cancellationToken);
            throw existing?.Metadata.ContainsKey(MetadataKeys.UploadSession) == true
                ? new CloudreveException(ErrorCode.NameBeingUploaded, "A file with this name is being uploaded.", e)
                : existing?.Type == FileType.Folder ? UploadTargets.ObjectExists() : new CompetingFileException(e);
        }
    }

    /// <summary>The file exists whether or not its event can be written.</summary>
    private async Task LogCreationAsync(UploadSession session, FileRecord created, CancellationToken cancellationToken)
    {
        try
        {
            await _log.AppendAsync(session.OwnerId, [new FileEvent(ActivityCategory.FileCreate, session.Actor, created, null, session.Path)], cancellationToken);
        }
        catch (StorageException e)
        {
            _logger.LogWarning(e, "The beginning of upload {Upload} could not be logged", session.Mark[..8]);
        }
    }

    /// <summary>The lock of an upload.</summary>
    internal static DriveLock LockOf(UploadSession session) => new()
    {
        Token = session.LockToken,
        OwnerId = session.OwnerId,
        Path = session.Path,
        Application = LockApplication.Upload,
        Type = FileType.File,
        ExpiresAt = session.ExpiresAt,
    };

    /// <summary>A file of that name was created meanwhile, or created and removed.</summary>
    private sealed class CompetingFileException(Exception cause) : CloudreveException(ErrorCode.ObjectExists, "An item with this name already exists.", cause);

    /// <summary>How the site takes an upload.</summary>
    private sealed record UploadPlan(User Owner, StoragePolicy Policy, ChunkPlan Chunks, TimeSpan Lifetime);
}
