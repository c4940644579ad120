using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>Begins uploads.</summary>
public sealed class UploadCreation
{
    private const int Attempts = 5;

    private readonly UploadTargets _targets;
    private readonly UploadSessions _sessions;
    private readonly UploadDescription _description;
    private readonly UploadPlaceholders _placeholders;
    private readonly UploadUndo _undo;
    private readonly QuotaLedger _quota;
    private readonly DriveLocks _locks;

    internal UploadCreation(
        UploadTargets targets, UploadSessions sessions, UploadDescription description, UploadPlaceholders placeholders, UploadUndo undo, QuotaLedger quota,
        DriveLocks locks)
    {
        (_targets, _sessions, _description, _placeholders, _undo, _quota, _locks) = (targets, sessions, description, placeholders, undo, quota, locks);
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
            ?? (await _placeholders.EnsureFolderAsync(owner.Id, request.Path.Parent, cancellationToken)).Id;
        // The row comes first: everything after it is undone by the job that finds the row.
        var session = await _sessions.AddAsync(
            await _description.DescribeAsync(
                new UploadPlan(owner, policy, chunks, site.Get(SiteSetting.UploadSessionLifetime)), request, target with { ParentId = parentId }, cancellationToken),
            cancellationToken);
        // Before the charge: all competing calls for the path would wait for each other's changes of the total, including the winner.
        await LockAsync(control, session, cancellationToken);
        try
        {
            await _quota.ChargeAsync(owner.Id, OperationOf(session), session.Size, caller.Group.MaxStorage, cancellationToken);
            if (target.File is null)
                return session with { PlaceholderETag = await _placeholders.CreateAsync(control, session, cancellationToken) };
            await _placeholders.MarkAsync(session, target.File, request, cancellationToken);
            return session;
        }
        catch (Exception e)
        {
            await _undo.RunAsync(session, e);
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

    /// <summary>
    /// Undoes a start that failed, or that no client will learn of. If that fails as well, the expiry of uploads finds the row within
    /// minutes.
    /// </summary>
    public Task UndoAsync(UploadSession session, Exception reason) => _undo.RunAsync(session, reason);

    /// <summary>Takes the path's lock. An upload that does not get it has done nothing yet, and leaves nothing behind.</summary>
    private async Task LockAsync(DriveControl control, UploadSession session, CancellationToken cancellationToken)
    {
        try
        {
            await _locks.AcquireAsync(control, LockOf(session), cancellationToken);
        }
        catch (LockConflictException)
        {
            await _undo.RemoveAsync(session);
            throw;
        }
        catch (Exception e)
        {
            await _undo.RunAsync(session, e);
            throw;
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
}
