using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Viewers;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>Opens files in viewers (contract, section 16).</summary>
internal sealed class ViewerSessionFunctions(
    DriveAccess access, EntriesByPath byPath, ShareStore shares, TokenIssuer tokens, ViewerSessions sessions, TimeProvider clock)
{
    private const string Edit = "edit";
    private const string View = "view";

    // Clients must stop before the token expires.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    /// <summary>Creates a session in which a viewer works on a file.</summary>
    [Function("CreateViewerSession")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite, LiveSignIn = true)]
    [NeverStored]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<ViewerSessionResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/file/viewerSession")] HttpRequest request,
        [JsonBody] ViewerSessionRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var viewer = FindViewer(call, body);
        var place = await access.OpenAsync(caller, FileUri.Parse(body.Uri), NavigatorCapability.DownloadFile, site.HashIds, cancellationToken);
        var file = await byPath.GetAsync(place, cancellationToken);
        var versionId = FindVersion(call, file, viewer, body.Version);
        var session = new ViewerSession
        {
            Id = Guid.NewGuid(),
            ViewerId = viewer.Id,
            UserId = caller.UserId,
            FileId = file.Id,
            Uri = place.View,
            VersionId = versionId,
            CanEdit = body.PreferredAction == Edit,
            State = caller.User is { } user ? caller.Session?.State ?? await tokens.StateOfAsync(user, cancellationToken) : null,
            ExpiresAt = clock.GetUtcNow() + site.Get(ViewerSetting.SessionLifetime),
        };
        var page = FindPage(viewer, file, body.PreferredAction, WopiSource.Of(request.HttpContext, site, file.Id));
        // A WOPI viewer reads the content with its session alone; others request an address, which counts.
        if (viewer.Type == Viewer.Wopi && place.ShareId != 0 && place.OwnerId != caller.UserId)
            await shares.CountDownloadAsync(place.ShareId, cancellationToken);
        var token = await sessions.CreateAsync(session, cancellationToken);
        return ApiResponse.Ok(new ViewerSessionResponse(
            new ViewerSessionToken(session.Id.ToString(), token, (session.ExpiresAt - Margin).ToUnixTimeMilliseconds()))
        { WopiSrc = page });
    }

    private static Viewer FindViewer(ApiCall call, ViewerSessionRequest body)
    {
        if (body.PreferredAction is not (Edit or View))
            throw new CloudreveException(ErrorCode.BadParameter, "The preferred action must be edit or view.");
        var viewer = ViewerCatalog.Find(call.Site, body.ViewerId)
            ?? throw new CloudreveException(ErrorCode.BadParameter, "The viewer does not exist.");
        foreach (var permission in viewer.RequiredGroupPermission ?? [])
            call.Caller.Require((GroupPermission)permission);
        return viewer;
    }

    private static long FindVersion(ApiCall call, FileRecord file, Viewer viewer, string? version)
    {
        var (caller, site) = call;
        if (file.Type == FileType.Folder)
            throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no content.");
        var (id, size) = (0L, file.Size);
        if (VersionIds.Parse(version, site) is { } chosen)
        {
            id = chosen;
            if (!DriveAccess.MayRead(caller, file, id))
                throw new CloudreveException(ErrorCode.BlobNotFound, "The file does not have this version.");
            if (id != file.PrimaryEntityId)
                size = file.OtherEntities.FirstOrDefault(l => l.Id == id && l.Type == EntityType.Version)?.Size
                    ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The file does not have this version.");
        }
        if (size > site.Get(SiteSetting.MaxEditSize) || (viewer.MaxSize is > 0 and var max && size > max))
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file is too large for the viewer.");
        return id;
    }

    /// <summary>The page of a WOPI viewer; null for others.</summary>
    private static string? FindPage(Viewer viewer, FileRecord file, string action, string source) =>
        viewer.Type == Viewer.Wopi
            ? WopiActionUrl.Create(viewer, ExtensionOf(file), action, source)
                ?? throw new CloudreveException(ErrorCode.BadParameter, "The viewer does not support this file type.")
            : null;

    private static string ExtensionOf(FileRecord file) => Path.GetExtension(file.Name).TrimStart('.').ToLowerInvariant();
}
