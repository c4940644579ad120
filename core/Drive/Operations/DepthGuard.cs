using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Drive.Operations;

/// <summary>
/// Keeps entries from getting below the maximum depth while folders above them are moved. A move is announced first and
/// counts what is below afterwards; a creation checks afterwards whether a move was announced. So one of the two sees the other.
/// </summary>
/// <param name="settlement">Reads whether folders were moved.</param>
/// <param name="byId">Finds the paths of entries.</param>
/// <param name="depths">Knows how deep folders are.</param>
/// <param name="relocator">Moves entries, and removes what is too deep.</param>
internal sealed class DepthGuard(DriveSettlement settlement, EntriesById byId, DriveDepth depths, Relocator relocator)
{
    private const int Attempts = 5;

    /// <summary>
    /// Throws for a new entry that is too deep because a folder above it was moved meanwhile, and removes it. No transaction in a
    /// drive without deep folders, else one while no folder was moved.
    /// </summary>
    /// <param name="seen">The control rows as they were read before the path was resolved.</param>
    /// <param name="path">The path of the new entry.</param>
    /// <exception cref="CloudreveException">40001; 409 while folders are moved all the time.</exception>
    public async Task RequireAsync(DriveControl seen, FilePath path, FileRecord entry, CancellationToken cancellationToken)
    {
        if (await FindChangedAsync(seen, path.Depth, cancellationToken) is not { } now)
            return;
        var depth = (await byId.GetPathAsync(entry, cancellationToken)).Depth;
        if (depth <= FilePath.MaxDepth)
        {
            await depths.NoteAsync(seen.OwnerId, entry.Type == FileType.Folder ? depth : depth - 1, cancellationToken);
            return;
        }
        // Folders that were created for it may be too deep as well.
        for (var below = depth - FilePath.MaxDepth - 1; below > 0; below--)
            entry = await byId.FindAsync(entry.ParentId, CancellationToken.None) ?? entry;
        await RemoveAsync(now, entry);
        DriveDepth.Require(depth);
    }

    /// <summary>Throws for a copy that is too deep, as <see cref="RequireAsync"/> does, and removes it.</summary>
    public async Task RequireForCopyAsync(
        DriveControl seen, FilePath path, FileRecord top, (int Levels, int FolderLevels) below, CancellationToken cancellationToken)
    {
        if (await FindChangedAsync(seen, path.Depth + below.FolderLevels, cancellationToken) is not { } now)
            return;
        var depth = (await byId.GetPathAsync(top, cancellationToken)).Depth;
        if (depth + below.Levels > FilePath.MaxDepth)
            await RemoveAsync(now, top);
        DriveDepth.Require(depth + below.Levels);
        await depths.NoteAsync(seen.OwnerId, depth + below.FolderLevels, cancellationToken);
    }

    /// <summary>
    /// Throws for a file on the move whose destination was moved too deep meanwhile. Its claim is written: a call that moves the folder from now on
    /// counts it.
    /// </summary>
    private async Task RequireRoomAsync(DriveControl seen, FileRecord moved, int depth, CancellationToken cancellationToken)
    {
        if (await FindChangedAsync(seen, depth, cancellationToken) is not null)
            DriveDepth.Require((await byId.GetPathAsync(moved, cancellationToken)).Depth);
    }

    /// <summary>
    /// The control rows of a drive whose folders may have other paths than before; null where they have not. No transaction in a drive
    /// without deep folders, else one while no folder is moved.
    /// </summary>
    private async Task<DriveControl?> FindChangedAsync(DriveControl seen, int depth, CancellationToken cancellationToken)
    {
        if (seen.Depth <= DriveDepth.Free && depth <= DriveDepth.Free)
            return null;
        var now = await settlement.ReadAsync(seen.OwnerId, cancellationToken);
        return now.TreeETag == seen.TreeETag && !seen.Moves.Any(DriveSettlement.ChangesPaths) ? null : now;
    }

    private async Task RemoveAsync(DriveControl control, FileRecord entry)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await relocator.DeleteAsync(control, await byId.ReadAgainAsync(entry, CancellationToken.None), keepBlobs: false, CancellationToken.None);
                return;
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.Conflict && attempt < Attempts)
            {
                control = await settlement.ReadAsync(control.OwnerId, CancellationToken.None);
            }
        }
    }

    /// <summary>Moves an entry that may take others deeper with it.</summary>
    public async Task<FileRecord> MoveAsync(
        DriveControl control, FileRecord entry, (int From, int To) depth, long folderId, Func<FileRecord, FileRecord> change,
        CancellationToken cancellationToken)
    {
        var noted = await depths.AfterMoveAsync(control, entry, depth.From, depth.To, cancellationToken);
        return await relocator.MoveAsync(
            control with { Depth = noted }, entry, folderId, change,
            () => entry.Type == FileType.File
                ? RequireRoomAsync(control, entry with { ParentId = folderId }, depth.To, cancellationToken)
                : depths.VerifyMoveAsync(control, noted, entry, depth.From, depth.To, cancellationToken),
            cancellationToken);
    }
}
