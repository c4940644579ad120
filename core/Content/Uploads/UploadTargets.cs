using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>The target of an upload.</summary>
/// <param name="ParentId">The folder; null when it does not exist.</param>
/// <param name="File">The file that gets the content; null for a new one.</param>
internal readonly record struct UploadTarget(long? ParentId, FileRecord? File);

/// <summary>Finds the entry at the path of an upload, and refuses uploads that are not allowed there.</summary>
/// <param name="sessions">The rows of uploads.</param>
/// <param name="cancellation">Gives up uploads that were force-unlocked.</param>
internal sealed class UploadTargets(SiteCatalog catalog, EntriesByPath byPath, DriveLocks locks, UploadSessions sessions, UploadCancellation cancellation)
{
    /// <summary>The policy of a caller's new files, whose rules the request keeps. No transaction when the policy is cached.</summary>
    /// <exception cref="CloudreveException">40006 when the group cannot store files; 40052, 40050, 40049, 40001 and 403 for name, type and size.</exception>
    public async Task<StoragePolicy> CheckAsync(Caller caller, UploadRequest request, CancellationToken cancellationToken)
    {
        var policy = await UploadCreation.PolicyOfAsync(catalog, caller.Group, cancellationToken);
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
        return policy;
    }

    /// <summary>A policy. No transaction when it is cached.</summary>
    public ValueTask<StoragePolicy> GetPolicyAsync(int id, CancellationToken cancellationToken) => catalog.GetPolicyAsync(id, cancellationToken);

    /// <summary>Finds where an upload goes. The path's transactions; some more to give up an upload that was force-unlocked.</summary>
    /// <param name="control">The drive's locks, read before.</param>
    /// <param name="request">The upload.</param>
    /// <exception cref="CloudreveException">40004 for a clash, 40073 while the path is locked, 40076 for another version, 40016 for a missing file.</exception>
    public async Task<UploadTarget> FindAsync(DriveControl control, UploadRequest request, CancellationToken cancellationToken)
    {
        var parent = await byPath.FindFolderBelowAsync(DriveRoots.RootId(control.OwnerId), request.Path.Parent, cancellationToken);
        return await FindInAsync(control, parent?.Id, request, cancellationToken);
    }

    /// <summary>Like <see cref="FindAsync"/>, in a folder that is known: one transaction, none when there is no folder.</summary>
    public async Task<UploadTarget> FindInAsync(DriveControl control, long? parentId, UploadRequest request, CancellationToken cancellationToken)
    {
        var file = parentId is { } folder ? await byPath.FindEntryAsync(folder, request.Path.Name, cancellationToken) : null;
        RequireUnlocked(control, request, file);
        if (file is not null && await BreakOffAsync(file, request, cancellationToken))
            file = await byPath.FindEntryAsync(parentId!.Value, request.Path.Name, cancellationToken);
        CheckFile(file, request);
        return new UploadTarget(parentId, file);
    }

    /// <summary>Throws when locks forbid the upload.</summary>
    /// <exception cref="LockConflictException">40073 with the conflicting locks.</exception>
    public static void RequireUnlocked(DriveControl control, UploadRequest request, FileRecord? file) =>
        control.Require(request.Path, file is null ? LockScope.Membership : LockScope.Self, request.LockTokens);

    /// <summary>Throws for a file that has another version than the one that the upload is to replace.</summary>
    /// <exception cref="CloudreveException">40076.</exception>
    public static void CheckPrevious(FileRecord file, UploadRequest request)
    {
        if (request.Previous is { } previous && previous != file.PrimaryEntityId)
            throw StaleVersion();
    }

    /// <summary>An upload that has lost its lock was force-unlocked: it is given up to free the name.</summary>
    private async Task<bool> BreakOffAsync(FileRecord file, UploadRequest request, CancellationToken cancellationToken)
    {
        if (!Guid.TryParseExact(file.Metadata.GetValueOrDefault(MetadataKeys.UploadSession), "D", out var id))
            return false;
        // An upload that has begun since the locks were read took its lock before it marked the file.
        RequireUnlocked(await locks.ReadAsync(file.OwnerId, cancellationToken), request, file);
        if (await sessions.FindAsync(id, cancellationToken) is not { } broken)
            return false;
        await cancellation.CancelAsync(broken, cancellationToken);
        return true;
    }

    private static void CheckFile(FileRecord? file, UploadRequest request)
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

    internal static CloudreveException ObjectExists() => new(ErrorCode.ObjectExists, "An item with this name already exists.");

    private static CloudreveException StaleVersion() => new(ErrorCode.StaleVersion, "The file has been changed since you opened it.");
}
