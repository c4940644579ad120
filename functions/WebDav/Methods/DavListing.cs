using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.WebDav.Answers;
using Cloudreve.Functions.WebDav.Properties;
using Cloudreve.Functions.WebDav.Requests;

namespace Cloudreve.Functions.WebDav.Methods;

/// <summary>Handles PROPFIND: properties of a resource and of what is below it (RFC 4918, section 9.1).</summary>
/// <param name="places">Finds the resource.</param>
/// <param name="listing">Lists folders.</param>
/// <param name="subtrees">Lists all that is below one.</param>
/// <param name="quota">The usage of drives.</param>
/// <param name="clock">Determines how long locks still hold.</param>
internal sealed class DavListing(
    DavPlaces places, FolderListing listing, SubtreeListing subtrees, DriveLocks locks, QuotaLedger quota, TimeProvider clock)
{
    // With one row more, this many are one transaction.
    private const int PageSize = 999;

    private static readonly string[] s_quota = ["quota-used-bytes", "quota-available-bytes"];

    /// <summary>
    /// Sends the properties. Path + 1 transactions, one more for each 1,000 entries of the folder, one for locks and one for the quota where
    /// they are asked for.
    /// </summary>
    public async Task SendAsync(DavCall call, CancellationToken cancellationToken)
    {
        var depth = DavDepth.Of(call.Request) ?? DavDepth.Infinity;
        var asked = PropFindRequest.Of(await DavXml.ReadAsync(call.Request, cancellationToken));
        var found = await places.FindAsync(call, call.Path, NavigatorCapability.ListChildren, cancellationToken);
        var top = found.Existing;
        // A share link of a file shows a folder that holds it alone (contract, section 8).
        var only = call.Path.IsRoot && top.Type == FileType.File ? top : null;
        if (only is not null)
            top = only with { Type = FileType.Folder, Metadata = new Dictionary<string, string>() };
        await using var answer = new MultiStatus(call.Response);
        var writer = await NewWriterAsync(call, found.Place, answer, asked, cancellationToken);
        writer.Write(call.Path.Href(top.Type == FileType.Folder), top, found.Place.DrivePath);
        if (depth != DavDepth.Zero && only is not null)
            writer.Write(call.Path.Href([only.Name], isFolder: false), only, found.Place.DrivePath);
        else if (depth != DavDepth.Zero && top.Type == FileType.Folder)
            await (depth == DavDepth.One ? SendMembersAsync(call, found.Place, top, answer, writer, cancellationToken) : SendAllAsync(call, found.Place, top, answer, writer, cancellationToken));
        await answer.EndAsync(cancellationToken);
    }

    private async Task SendMembersAsync(
        DavCall call, DrivePlace place, FileRecord folder, MultiStatus answer, PropertyWriter writer, CancellationToken cancellationToken)
    {
        string? token = null;
        do
        {
            var page = await listing.ListAsync(folder.Id, FileOrder.Name, descending: false, PageSize, token, cancellationToken);
            foreach (var entry in page.Entries)
            {
                writer.Write(call.Path.Href([entry.Name], entry.Type == FileType.Folder), entry, place.DrivePath.Child(entry.Name));
                await answer.SendAsync(cancellationToken);
            }
            token = page.NextToken;
        }
        while (token is not null);
    }

    private async Task SendAllAsync(
        DavCall call, DrivePlace place, FileRecord folder, MultiStatus answer, PropertyWriter writer, CancellationToken cancellationToken)
    {
        var left = call.Caller.Group.Settings.MaxWalkedFiles is > 0 and var most ? most : int.MaxValue;
        await foreach (var (path, entry) in subtrees.ReadAsync(folder, call.Caller.UserId, cancellationToken))
        {
            if (left-- == 0)
            {
                // Incompleteness is reported for the folder itself, as in RFC 6578.
                answer.BeginResponse(call.Path.Href(isFolder: true));
                answer.WriteStatus(StatusCodes.Status507InsufficientStorage);
                answer.EndResponse();
                return;
            }
            writer.Write(call.Path.Href(path.Segments, entry.Type == FileType.Folder), entry, new FilePath([.. place.DrivePath.Segments, .. path.Segments]));
            await answer.SendAsync(cancellationToken);
        }
    }

    private async Task<PropertyWriter> NewWriterAsync(DavCall call, DrivePlace place, MultiStatus answer, PropFindRequest asked, CancellationToken cancellationToken)
    {
        var isOwn = place.OwnerId == call.Caller.UserId;
        var used = isOwn && Array.Exists(s_quota, asked.AsksFor) ? await quota.GetUsedAsync(place.OwnerId, cancellationToken) : (long?)null;
        return new PropertyWriter(answer, asked, call.Site)
        {
            Locks = isOwn && asked.Shows("lockdiscovery") ? VisibleLocks(call, await locks.ReadAsync(place.OwnerId, cancellationToken)) : [],
            UsedBytes = used,
            AvailableBytes = Math.Max(0, call.Caller.Group.MaxStorage - (used ?? 0)),
        };
    }

    /// <summary>Locks of WebDAV clients below the account's root; a client only learns of others when they conflict.</summary>
    private IReadOnlyList<DavLockView> VisibleLocks(DavCall call, DriveControl control)
    {
        var root = call.Account.Root.Path;
        return call.Account.Root.FileSystem != FileSystemKind.My ? [] : [.. control.Locks
            .Where(held => LockTokens.UriOf(held) is not null && (held.Path.Equals(root) || root.Contains(held.Path)))
            .Select(held => Describe(call, held, clock.GetUtcNow()))];
    }

    /// <summary>A lock as a client sees it.</summary>
    /// <param name="held">The lock, below the account's root.</param>
    public static DavLockView Describe(DavCall call, DriveLock held, DateTimeOffset now)
    {
        var path = call.Path with { Segments = [.. held.Path.Segments.Skip(call.Account.Root.Path.Depth)] };
        return new DavLockView(held, path.Href(held.Type == FileType.Folder), LockTokens.UriOf(held)!, now);
    }
}
