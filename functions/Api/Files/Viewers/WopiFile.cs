using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>A file that a viewer works on.</summary>
/// <param name="Session">The session that allows it.</param>
/// <param name="Caller">In whose name.</param>
/// <param name="Place">The place of the file.</param>
internal sealed record WopiFile(ViewerSession Session, Caller Caller, SiteSettings Site, DrivePlace Place, FileRecord File)
{
    /// <summary>The shown blob; 0 for an empty file.</summary>
    public long ShownId => Session.VersionId == 0 ? File.PrimaryEntityId : Session.VersionId;

    /// <summary>
    /// True if the viewer may write: opened to edit, by the owner, in the own drive, on the current version (contract, section 16).
    /// </summary>
    public bool CanWrite => Session.CanEdit && Place.View.FileSystem == FileSystemKind.My && Caller.UserId == File.OwnerId && ShownId == File.PrimaryEntityId;

    /// <summary>Bytes of what is shown.</summary>
    /// <exception cref="WopiException">404: the version is gone.</exception>
    public long Size => ShownId == File.PrimaryEntityId
        ? File.Size
        : File.OtherEntities.FirstOrDefault(l => l.Id == ShownId && l.Type == EntityType.Version)?.Size
            ?? throw new WopiException(StatusCodes.Status404NotFound, "The version no longer exists.");

    /// <summary>The shown version, as viewers see it.</summary>
    public string Version => Site.HashIds.Encode(ShownId, HashIdKind.Entity);

    /// <summary>Throws unless the viewer may write.</summary>
    /// <exception cref="WopiException">403.</exception>
    public void RequireWrite()
    {
        if (!CanWrite)
            throw new WopiException(StatusCodes.Status403Forbidden, "The file is read-only for this session.");
    }
}

/// <summary>Finds the file of a viewer's request; what its user may do is checked again each time.</summary>
/// <param name="sessions">The sessions of viewers.</param>
/// <param name="tokens">Determines whether their passwords have changed.</param>
/// <param name="access">Decides about their files.</param>
/// <param name="byPath">Finds files by path.</param>
/// <param name="byId">Finds files by id.</param>
internal sealed class WopiFiles(
    ViewerSessions sessions, SettingStore settings, UserStore users, TokenIssuer tokens, SiteCatalog catalog, DriveAccess access,
    EntriesByPath byPath, EntriesById byId)
{
    private const string Token = "access_token";

    /// <summary>Finds the file.</summary>
    /// <param name="id">The file's encoded id in the path.</param>
    /// <exception cref="WopiException">403 for a bad token or another file, 500 for a viewer that no longer exists, 404 for a file that no
    /// longer exists.</exception>
    public async Task<WopiFile> OpenAsync(HttpContext http, string id, CancellationToken cancellationToken)
    {
        var session = await sessions.FindAsync(http.Request.Query[Token], cancellationToken)
            ?? throw new WopiException(StatusCodes.Status403Forbidden, "The access token is invalid or has expired.");
        var site = await settings.GetAsync(cancellationToken);
        if (!site.HashIds.TryDecode(id, HashIdKind.File, out var fileId) || fileId != session.FileId)
            throw new WopiException(StatusCodes.Status403Forbidden, "The access token is for another file.");
        var viewer = ViewerCatalog.Find(site, session.ViewerId)
            ?? throw new WopiException(StatusCodes.Status500InternalServerError, "The viewer no longer exists.");
        // Other viewers read by download addresses, which have limits of their own.
        if (viewer.Type != Viewer.Wopi)
            throw new WopiException(StatusCodes.Status403Forbidden, "The session's viewer does not speak WOPI.");
        var caller = await IdentifyAsync(session, cancellationToken);
        var place = await access.OpenAsync(caller, session.Uri, NavigatorCapability.DownloadFile, site.HashIds, cancellationToken);
        if (await byPath.FindAsync(place, cancellationToken) is { } file && file.Id == fileId)
            return new WopiFile(session, caller, site, place, file);
        return await FollowAsync(session, caller, site, cancellationToken);
    }

    private async Task<Caller> IdentifyAsync(ViewerSession session, CancellationToken cancellationToken)
    {
        if (session.UserId == 0)
            return new Caller(null, await catalog.GetGroupAsync(Group.AnonymousId, cancellationToken));
        var user = await users.FindRecentAsync(session.UserId, cancellationToken);
        if (user is not { Status: UserStatus.Active } || await catalog.FindGroupAsync(user.GroupId, cancellationToken) is not { } group)
            throw new WopiException(StatusCodes.Status403Forbidden, "The account is not active.");
        if (session.State != await tokens.StateOfAsync(user, cancellationToken))
            throw new WopiException(StatusCodes.Status403Forbidden, "The account has changed since the file was opened. Please open it again.");
        return new Caller(user, group);
    }

    /// <summary>Its owner may have renamed or moved the file while it is open.</summary>
    private async Task<WopiFile> FollowAsync(ViewerSession session, Caller caller, SiteSettings site, CancellationToken cancellationToken)
    {
        if (session.Uri.FileSystem != FileSystemKind.My
            || await byId.FindAsync(session.FileId, cancellationToken) is not { } file
            || file.OwnerId != caller.UserId)
            throw new WopiException(StatusCodes.Status404NotFound, "The file no longer exists.");
        var view = FileUri.My(await byId.GetPathAsync(file, cancellationToken));
        var place = await access.OpenAsync(caller, view, NavigatorCapability.DownloadFile, site.HashIds, cancellationToken);
        return new WopiFile(session, caller, site, place, await byId.ReadAgainAsync(file, cancellationToken));
    }
}
