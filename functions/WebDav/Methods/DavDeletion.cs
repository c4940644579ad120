using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>Moves files and folders to the trash.</summary>
/// <param name="conditions">Checks what clients state.</param>
/// <param name="operations">Changes drives.</param>
internal sealed class DavDeletion(DavPlaces places, DavConditions conditions, DriveOperations operations, DriveLocks locks)
{
    /// <summary>Handles DELETE. Path + 9 transactions.</summary>
    public async Task DeleteAsync(DavCall call, CancellationToken cancellationToken)
    {
        if (call.Path.IsRoot)
            throw new DavException(StatusCodes.Status403Forbidden, "The root cannot be deleted.");
        if (call.Request.Headers["Depth"].ToString() is not "" && DavDepth.Of(call.Request) != DavDepth.Infinity && call.Path.HasSlash)
            throw new DavException(StatusCodes.Status400BadRequest, "A folder is deleted with all that is below it.");
        var work = call.NewWork(await conditions.CheckAsync(call, cancellationToken));
        var place = await places.OpenAsync(call, call.Path, NavigatorCapability.SoftDelete, cancellationToken);
        if (DavConditions.IsConditional(call.Request))
            DavConditions.Require(call, await operations.LookUpAsync(work, place, cancellationToken));
        await TrashAsync(call, work, place.Path, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        await ReleaseAsync(work, place.Path, cancellationToken);
        call.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>Moves an entry of the caller's drive to the trash.</summary>
    /// <param name="work">The state that its changes share.</param>
    /// <returns>The entry in the trash.</returns>
    public Task<FileRecord> TrashAsync(DavCall call, DriveWork work, FilePath path, CancellationToken cancellationToken)
    {
        var origin = FileUri.My(path) with { Id = call.Site.HashIds.Encode(work.OwnerId, HashIdKind.User) };
        var retention = TimeSpan.FromSeconds(call.Caller.Group.Settings.TrashRetention);
        return operations.TrashAsync(work, path, origin.ToString(), retention, cancellationToken);
    }

    /// <summary>
    /// Releases the client's locks on entries that were removed; they do not follow them (RFC 4918, section 7.5). No transaction for a client
    /// without locks.
    /// </summary>
    /// <param name="work">The state that the changes of the request share.</param>
    public async Task ReleaseAsync(DriveWork work, FilePath path, CancellationToken cancellationToken)
    {
        if (work.LockTokens.Count == 0)
            return;
        foreach (var held in (await locks.ReadAsync(work.OwnerId, cancellationToken)).Locks)
        {
            if (held.Application.Type == LockApplication.WebDav && (held.Path.Equals(path) || path.Contains(held.Path)))
                await locks.ReleaseAsync(held, cancellationToken);
        }
    }
}
