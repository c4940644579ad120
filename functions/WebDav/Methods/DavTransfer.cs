using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Properties;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>
/// Answers COPY and MOVE (RFC 4918, sections 9.8 and 9.9). A file that replaces a file gives it its content atomically, so nobody finds the name
/// free or the content incomplete; anything else that is replaced goes to the trash first, and is restored when the rest fails.
/// </summary>
/// <param name="conditions">Checks what clients state.</param>
/// <param name="operations">Changes drives.</param>
/// <param name="deletion">Moves to the trash what is replaced.</param>
/// <param name="writer">Gives content to files.</param>
/// <param name="entities">Finds content.</param>
internal sealed class DavTransfer(
    DavPlaces places, DavConditions conditions, DriveOperations operations, DavDeletion deletion, FileContentWriter writer, EntityStore entities)
{
    // Each follows a competing call that made or removed the destination.
    private const int Attempts = 5;

    private const string DeadPrefix = "dav:";

    /// <summary>Handles MOVE. Both paths + 12 transactions.</summary>
    public Task MoveAsync(DavCall call, CancellationToken cancellationToken)
    {
        if (DavDepth.Of(call.Request) is not (null or DavDepth.Infinity) && call.Path.HasSlash)
            throw new DavException(StatusCodes.Status400BadRequest, "A folder is moved with all that is below it.");
        return RunAsync(call, NavigatorCapability.RenameFile, isMove: true, cancellationToken);
    }

    /// <summary>Handles COPY. Both paths + 14 transactions, and those of what is below a folder.</summary>
    public Task CopyAsync(DavCall call, CancellationToken cancellationToken) => DavDepth.Of(call.Request) == DavDepth.One
        ? throw new DavException(StatusCodes.Status400BadRequest, "A folder is copied with the depth 0 or infinity.")
        : RunAsync(call, NavigatorCapability.RenameFile, isMove: false, cancellationToken);

    private async Task RunAsync(DavCall call, NavigatorCapability capability, bool isMove, CancellationToken cancellationToken)
    {
        var destination = DavDestination.Of(call);
        if (call.Path.IsRoot || destination.IsRoot || destination.Covers(call.Path))
            throw new DavException(StatusCodes.Status403Forbidden, "The destination is the source itself or a folder around it.");
        if (call.Path.Covers(destination) && isMove)
            throw new DavException(StatusCodes.Status403Forbidden, "A folder cannot be moved into itself.");
        call.RequireName(destination);
        var overwrites = DavOverwrite.Of(call.Request);
        var work = call.NewWork(await conditions.CheckAsync(call, cancellationToken));
        var (from, to) = (
            await places.OpenAsync(call, call.Path, capability, cancellationToken),
            await places.OpenAsync(call, destination, NavigatorCapability.CreateFile, cancellationToken));
        var isNew = await RunAsync(new Transfer(call, work, from, to, isMove, overwrites), cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        if (isMove)
            await deletion.ReleaseAsync(work, from.Path, cancellationToken);
        call.Response.StatusCode = isNew ? StatusCodes.Status201Created : StatusCodes.Status204NoContent;
    }

    /// <returns>True if nothing was at the destination before.</returns>
    private async Task<bool> RunAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var source = await operations.LookUpAsync(transfer.Work, transfer.From, cancellationToken);
                DavConditions.Require(transfer.Call, source);
                var replaced = await FindAsync(transfer, cancellationToken);
                if (replaced is null)
                    await MissingFolder.IsConflictAsync(() => PlaceAsync(transfer, source, cancellationToken));
                else if (!transfer.Overwrites)
                    throw new DavException(StatusCodes.Status412PreconditionFailed, "The destination exists already.");
                else if (source is { Type: FileType.File, IsSymbolic: false } && replaced is { Type: FileType.File, IsSymbolic: false })
                    await ReplaceContentAsync(transfer, source, cancellationToken);
                else
                    await ReplaceAsync(transfer, source, cancellationToken);
                return replaced is null;
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists && attempt < Attempts)
            {
                // The destination was created meanwhile; now it has to be replaced, or reported.
            }
        }
    }

    /// <summary>Finds the entry at the destination; null when there is none, or its folder is missing.</summary>
    private async Task<FileRecord?> FindAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        try
        {
            return await operations.LookUpAsync(transfer.Work, transfer.To, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.PathNotFound)
        {
            return null;
        }
    }

    private Task<FileRecord> PlaceAsync(Transfer transfer, FileRecord source, CancellationToken cancellationToken)
    {
        var (work, from, to) = (transfer.Work, transfer.From.Path, transfer.To.Path);
        if (transfer.IsMove)
            return operations.MoveAsync(work, from, to.Parent, to.Name, cancellationToken);
        if (source.Type == FileType.Folder && DavDepth.Of(transfer.Call.Request) == DavDepth.Zero)
            return operations.CreateMemberAsync(work, to, NewEntry.Folder with { Metadata = DeadOf(source) }, cancellationToken);
        var group = transfer.Call.Caller.Group;
        return operations.CopyAsync(work, from, to.Parent, new CopyLimits(group.MaxStorage, group.Settings.MaxWalkedFiles), to.Name, cancellationToken);
    }

    /// <summary>Gives a file the content and properties of another one; a moved source is removed afterwards.</summary>
    private async Task ReplaceContentAsync(Transfer transfer, FileRecord source, CancellationToken cancellationToken)
    {
        var (call, work) = (transfer.Call, transfer.Work);
        var wanted = new ContentRequest(transfer.To.Path, source.Size)
        {
            NeedsFolder = true,
            ModifiedAt = source.UpdatedAt,
            ClientId = work.Actor.ClientId,
            Metadata = new ReplacedMetadata(DeadPrefix, DeadOf(source)),
            LockTokens = work.LockTokens,
        };
        if (source.PrimaryEntityId == 0)
        {
            await writer.PutAsync(call.Caller, wanted, Stream.Null, cancellationToken);
        }
        else
        {
            var content = await entities.FindAsync(source.PrimaryEntityId, cancellationToken)
                ?? throw new DavException(StatusCodes.Status404NotFound, "The content no longer exists.");
            await writer.CopyAsync(call.Caller, wanted, content, cancellationToken);
        }
        if (!transfer.IsMove)
            return;
        // Its content lives on; its other data goes to the trash.
        if (source.OtherEntities.Any(link => link.Type == EntityType.Version))
            await deletion.TrashAsync(call, work, transfer.From.Path, cancellationToken);
        else
            await operations.DeleteAsync(work, transfer.From.Path, keepBlobs: false, cancellationToken);
    }

    private async Task ReplaceAsync(Transfer transfer, FileRecord source, CancellationToken cancellationToken)
    {
        var trashed = await deletion.TrashAsync(transfer.Call, transfer.Work, transfer.To.Path, cancellationToken);
        try
        {
            await PlaceAsync(transfer, source, cancellationToken);
        }
        catch
        {
            await operations.RestoreAsync(transfer.Work, trashed.Name, destination: null, CancellationToken.None);
            throw;
        }
        await deletion.ReleaseAsync(transfer.Work, transfer.To.Path, cancellationToken);
    }

    private static Dictionary<string, string> DeadOf(FileRecord source) => source.Metadata.Where(pair => DeadProperties.IsProperty(pair.Key)).ToDictionary();

    private sealed record Transfer(DavCall Call, DriveWork Work, DrivePlace From, DrivePlace To, bool IsMove, bool Overwrites);
}
