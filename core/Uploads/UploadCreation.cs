using Cloudreve.Core.Activities;
using Cloudreve.Core.Encryption;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Locks;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Import;
using Cloudreve.Core.Quota;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Core.Versions;

namespace Cloudreve.Core.Uploads;

/// <summary>What an upload shall bring.</summary>
/// <param name="Path">The file's path in the drive.</param>
/// <param name="Size">Bytes.</param>
public sealed record UploadRequest(FilePath Path, long Size)
{
    /// <summary>Whether an existing file gets a new version.</summary>
    public bool Overwrites { get; init; }

    /// <summary>Whether an existing file gets the motion part of a live photo.</summary>
    public bool IsLivePhoto { get; init; }

    /// <summary>The entity that must be current; null for any.</summary>
    public long? Previous { get; init; }

    /// <summary>When the content last changed; null for now.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>Metadata that the file gets with the content, checked.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether the client can encrypt what it sends.</summary>
    public bool CanEncrypt { get; init; }

    /// <summary>The sync client that uploads; null for others.</summary>
    public string? ClientId { get; init; }

    /// <summary>Tokens of locks that the caller holds.</summary>
    public IReadOnlyCollection<string> LockTokens { get; init; } = [];

    /// <summary>The size of blocks when the content comes within this very request; null for an upload in chunks.</summary>
    internal ChunkPlan? Stream { get; init; }

    /// <summary>How long it may take; null for as long as the site says.</summary>
    internal TimeSpan? Lifetime { get; init; }
}

/// <summary>Begins uploads.</summary>
/// <param name="sessions">The rows of uploads.</param>
/// <param name="cancellation">Gives uploads up.</param>
/// <param name="tree">The files.</param>
/// <param name="entities">The entities.</param>
/// <param name="ids">Gives ids.</param>
/// <param name="catalog">The policies.</param>
/// <param name="quota">Where bytes are reserved.</param>
/// <param name="locks">Where paths are locked.</param>
/// <param name="encryption">Makes keys of encrypted blobs.</param>
/// <param name="log">Hears of new files.</param>
/// <param name="clock">Stamps uploads.</param>
public sealed class UploadCreation(
    UploadSessions sessions, UploadCancellation cancellation, FileTree tree, EntityStore entities, IdAllocator ids, SiteCatalog catalog, QuotaLedger quota,
    DriveLocks locks, BlobEncryption encryption, ActivityLog log, TimeProvider clock)
{
    private const int Attempts = 5;

    /// <summary>
    /// Begins an upload: reserves the bytes, locks the path, and makes a placeholder for a new file. Path + 8 transactions, three
    /// more for each folder on the path that is missing.
    /// </summary>
    /// <param name="caller">Who uploads: the owner of the drive.</param>
    /// <param name="site">The site's settings.</param>
    /// <param name="request">What.</param>
    /// <param name="cancellationToken">Cancels the call. What it left behind goes when the upload expires.</param>
    /// <exception cref="CloudreveException">
    /// 40004 for a clash, 40052 and 40050 for the name, 40049 for the size, 40051 for the quota, 40073 while the path is locked,
    /// 40054 when a rival came first, 40076 for another version, 40016 for a missing file, 40006 when the group cannot store files.
    /// </exception>
    public async Task<UploadSession> BeginAsync(Caller caller, SiteSettings site, UploadRequest request, CancellationToken cancellationToken = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await BeginOnceAsync(caller, site, request, cancellationToken);
            }
            catch (RivalFileException) when (request.Overwrites && attempt < Attempts)
            {
                // What was missing is there to be overwritten now.
            }
        }
    }

    private async Task<UploadSession> BeginOnceAsync(Caller caller, SiteSettings site, UploadRequest request, CancellationToken cancellationToken)
    {
        var owner = caller.RequireUser();
        var policy = await PolicyOfAsync(catalog, caller.Group, cancellationToken);
        CheckRequest(policy, request);
        var isRelay = policy.Settings.Relay || request.Stream is not null;
        var chunks = request.Stream ?? ChunkPlan.For(policy, request.Size, isRelay);
        var control = await locks.ReadAsync(owner.Id, cancellationToken);
        var target = await FindTargetAsync(control, request, cancellationToken);
        var now = clock.GetUtcNow();
        var isEmpty = request.Size == 0;
        var entityId = isEmpty ? 0 : await ids.NextAsync(IdKind.Entity, cancellationToken);
        var previous = request is { IsLivePhoto: false } && target.File is { PrimaryEntityId: not 0 } ? target.File.PrimaryEntityId : 0;
        // Whoever holds a lock on the path needs no other one.
        var isLocked = control.Locks.Any(l => request.LockTokens.Contains(l.Token) && l.Forbids(request.Path, LockScope.Self));
        var session = new UploadSession
        {
            Id = Guid.NewGuid(),
            OwnerId = owner.Id,
            CreatedBy = owner.Id,
            ClientId = request.ClientId,
            FileId = target.File?.Id ?? await ids.NextAsync(IdKind.File, cancellationToken),
            ParentId = target.ParentId,
            Path = request.Path,
            IsNewFile = target.File is null,
            Type = request.IsLivePhoto ? EntityType.LivePhoto : EntityType.Version,
            Size = request.Size,
            ChunkSize = chunks.ChunkSize,
            IsRelay = isRelay,
            PolicyId = policy.Id,
            EntityId = entityId,
            Source = isEmpty ? "" : BlobNaming.Create(policy, new BlobNamingContext(owner.Id, request.Path, entityId, now)),
            // A client that sends directly and cannot encrypt stores plain content: nobody else sees it on its way.
            Encryption = policy.Settings.Encryption && !isEmpty && (isRelay || request.CanEncrypt) ? await encryption.CreateAsync(cancellationToken) : null,
            KeepVersions = VersionRetention.KeptOf(owner.Settings, request.Path.Name),
            PreviousEntityId = previous,
            PreviousCreatedAt = previous == 0 ? null : (await entities.FindAsync(previous, cancellationToken))?.CreatedAt,
            ModifiedAt = request.ModifiedAt,
            Metadata = request.Metadata,
            LockToken = isLocked ? "" : DriveLocks.NewToken(owner.Id),
            CreatedAt = now,
            ExpiresAt = now + (request.Lifetime ?? site.Get(SiteSetting.UploadSessionLifetime)),
        };
        // The row comes first: whatever happens after it is taken back when the upload expires.
        session = await sessions.AddAsync(session, cancellationToken);
        try
        {
            await quota.ChargeAsync(owner.Id, OperationOf(session), session.Size, caller.Group.MaxStorage, cancellationToken);
            if (!isLocked)
                await locks.AcquireAsync(control, LockOf(session), cancellationToken);
            if (target.File is null)
                session = session with { PlaceholderETag = await CreatePlaceholderAsync(session, cancellationToken) };
            else
                await AwaitAsync(session, target.File, request, cancellationToken);
        }
        catch (CloudreveException)
        {
            await cancellation.CancelAsync(session, CancellationToken.None);
            await sessions.RemoveAsync(session, CancellationToken.None);
            throw;
        }
        return session;
    }

    /// <summary>The policy of a group's new files.</summary>
    internal static async Task<StoragePolicy> PolicyOfAsync(SiteCatalog catalog, Group group, CancellationToken cancellationToken) =>
        group.StoragePolicyId is { } id && await catalog.FindPolicyAsync(id, cancellationToken) is { } policy
            ? policy
            : throw new CloudreveException(ErrorCode.PolicyNotAllowed, "Your group cannot store files.");

    /// <summary>The name under which an upload's bytes are charged.</summary>
    internal static string OperationOf(UploadSession session) => $"up-{session.Id:N}";

    private static void CheckRequest(StoragePolicy policy, UploadRequest request)
    {
        if (request.Path.IsRoot)
            throw new CloudreveException(ErrorCode.NoPermission, "The root folder is not a file.");
        ChunkPlan.CheckBlobSize(request.Size);
        if (request.IsLivePhoto && request.Size == 0)
            throw new CloudreveException(ErrorCode.BadParameter, "The live photo's video is empty.");
        foreach (var name in request.Path.Segments)
            FilePath.CheckName(name);
        var rules = FileRules.Of(policy);
        rules.CheckName(request.Path.Name);
        rules.CheckSize(request.Size);
    }

    private async Task<(long ParentId, FileRecord? File)> FindTargetAsync(DriveControl control, UploadRequest request, CancellationToken cancellationToken)
    {
        var root = FileTree.RootId(control.OwnerId);
        var parent = await tree.FindFolderBelowAsync(root, request.Path.Parent, cancellationToken);
        var file = parent is null ? null : await tree.FindEntryAsync(parent.Id, request.Path.Name, cancellationToken);
        control.Require(request.Path, file is null ? LockScope.Membership : LockScope.Self, request.LockTokens);
        // An upload without its lock was broken off by force: it makes place.
        if (file is not null && await BreakOffAsync(file, cancellationToken))
            file = await tree.FindEntryAsync(parent!.Id, request.Path.Name, cancellationToken);
        CheckTarget(file, request);
        var parentId = parent?.Id
            ?? (await tree.CreateAsync(control.OwnerId, request.Path.Parent, NewEntry.Folder, failIfExists: false, cancellationToken)).Id;
        return (parentId, file);
    }

    private async Task<bool> BreakOffAsync(FileRecord file, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(file.Metadata.GetValueOrDefault(MetadataKeys.UploadSession), "D", out var id)
            || await sessions.FindAsync(id, cancellationToken) is not { } broken)
            return false;
        await cancellation.CancelAsync(broken, cancellationToken);
        return true;
    }

    private static void CheckTarget(FileRecord? file, UploadRequest request)
    {
        if (file is null && request.IsLivePhoto)
            throw new CloudreveException(ErrorCode.PathNotFound, "The photo does not exist.");
        if (file is null && request.Previous is > 0)
            throw StaleVersion();
        if (file is null)
            return;
        if (file.IsSymbolic)
            throw new CloudreveException(ErrorCode.NoPermission, "A shortcut has no content; follow its destination.");
        if (file.Type != FileType.File || !(request.Overwrites || request.IsLivePhoto))
            throw ObjectExists();
        CheckPrevious(file, request);
    }

    private static void CheckPrevious(FileRecord file, UploadRequest request)
    {
        if (request.Previous is { } previous && previous != file.PrimaryEntityId)
            throw StaleVersion();
    }

    /// <summary>
    /// Marks a file that waits for other content. The entity is written here, since completion has to read such a file and would not
    /// keep its budget otherwise; before the mark, by which others find the upload and may cancel it.
    /// </summary>
    private async Task AwaitAsync(UploadSession session, FileRecord file, UploadRequest request, CancellationToken cancellationToken)
    {
        if (session.EntityId != 0)
            await entities.AddAsync(UploadCompletion.EntityOf(session), cancellationToken);
        await tree.UpdateAsync(
            file,
            current =>
            {
                CheckPrevious(current, request);
                return current with { Metadata = new Dictionary<string, string>(current.Metadata) { [MetadataKeys.UploadSession] = session.Mark } };
            },
            cancellationToken);
    }

    /// <summary>Makes the placeholder of a new file.</summary>
    /// <returns>The version of its row.</returns>
    private async Task<string> CreatePlaceholderAsync(UploadSession session, CancellationToken cancellationToken)
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
            var created = await tree.CreateEntryAsync(
                session.OwnerId, session.ParentId, session.Path.Name, entry, failIfExists: true, cancellationToken);
            await log.AppendAsync(session.OwnerId, [new FileEvent(ActivityCategory.FileCreate, session.Actor, created, null, session.Path)], cancellationToken);
            return created.ETag;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists)
        {
            var rival = await tree.FindEntryAsync(session.ParentId, session.Path.Name, cancellationToken);
            throw rival?.Metadata.ContainsKey(MetadataKeys.UploadSession) == true
                ? new CloudreveException(ErrorCode.NameBeingUploaded, "A file with this name is being uploaded.", e)
                : rival?.Type == FileType.Folder ? ObjectExists() : new RivalFileException(e);
        }
    }

    private static DriveLock LockOf(UploadSession session) => new()
    {
        Token = session.LockToken,
        OwnerId = session.OwnerId,
        Path = session.Path,
        Application = LockApplication.Upload,
        Type = FileType.File,
        ExpiresAt = session.ExpiresAt,
    };

    private static CloudreveException ObjectExists() => new(ErrorCode.ObjectExists, "An item with this name already exists.");

    /// <summary>A file of that name came into being meanwhile, or came and went.</summary>
    private sealed class RivalFileException(Exception cause) : CloudreveException(ErrorCode.ObjectExists, "An item with this name already exists.", cause);

    private static CloudreveException StaleVersion() => new(ErrorCode.StaleVersion, "The file has been changed since you opened it.");
}
