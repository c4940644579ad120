using System.Text.Json.Serialization;
using Cloudreve.Core.Entities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Cloudreve.Core.Viewers;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>Body of a request for a viewer's session.</summary>
internal sealed record ViewerSessionRequest(string Uri, string ViewerId, string PreferredAction, string? Version = null);

/// <summary>What a viewer shows to prove that it may work on a file.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="AccessToken">The token.</param>
/// <param name="Expires">Its end, in Unix milliseconds.</param>
internal sealed record ViewerSessionToken(string Id, string AccessToken, long Expires);

/// <summary>A viewer's session.</summary>
/// <param name="Session">The session.</param>
internal sealed record ViewerSessionResponse(ViewerSessionToken Session)
{
    /// <summary>The page of a WOPI viewer; null for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WopiSrc { get; init; }
}

/// <summary>Opens files in viewers (contract, section 16).</summary>
internal static class ViewerSessionEndpoint
{
    // Clients shall stop before the token does.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    public static async Task<ApiResponse<ViewerSessionResponse>> CreateAsync(
        HttpContext http, ApiCall call, ViewerSessionRequest request, DriveAccess access, FileTree tree, ViewerSessions sessions, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        if (request.PreferredAction is not ("edit" or "view"))
            throw new CloudreveException(ErrorCode.BadParameter, "The preferred action is neither edit nor view.");
        var viewer = ViewerCatalog.Find(site, request.ViewerId)
            ?? throw new CloudreveException(ErrorCode.BadParameter, "There is no such viewer.");
        foreach (var permission in viewer.RequiredGroupPermission ?? [])
            caller.Require((GroupPermission)permission);
        var place = await access.OpenAsync(caller, FileUri.Parse(request.Uri), NavigatorCapability.DownloadFile, site.HashIds, cancellationToken);
        var file = await tree.GetAsync(place, cancellationToken);
        var versionId = FindVersion(site, file, viewer, request.Version);
        var session = new ViewerSession
        {
            Id = Guid.NewGuid(),
            ViewerId = viewer.Id,
            UserId = caller.UserId,
            FileId = file.Id,
            Uri = place.View,
            VersionId = versionId,
            ExpiresAt = clock.GetUtcNow() + site.Get(ViewerSetting.SessionLifetime),
        };
        var source = WopiSource(http, site, file.Id);
        var page = viewer.Type == Viewer.Wopi
            ? WopiActionUrl.Create(viewer, ExtensionOf(file), request.PreferredAction, source)
                ?? throw new CloudreveException(ErrorCode.BadParameter, "The viewer does not open files of this kind.")
            : null;
        var token = await sessions.CreateAsync(session, cancellationToken);
        return ApiResponse.Ok(new ViewerSessionResponse(
            new ViewerSessionToken(session.Id.ToString(), token, (session.ExpiresAt - Margin).ToUnixTimeMilliseconds()))
        { WopiSrc = page });
    }

    /// <summary>The address of a file for WOPI viewers.</summary>
    /// <param name="http">The request.</param>
    /// <param name="site">The site's settings.</param>
    /// <param name="fileId">The file.</param>
    public static string WopiSource(HttpContext http, SiteSettings site, long fileId) =>
        $"{SiteUrls.Base(http, site, primary: false)}{ApiEdge.Prefix}/file/wopi/{site.HashIds.Encode(fileId, HashIdKind.File)}";

    private static long FindVersion(SiteSettings site, FileRecord file, Viewer viewer, string? version)
    {
        if (file.Type == FileType.Folder)
            throw new CloudreveException(ErrorCode.BlobNotFound, "A folder has no content.");
        var (id, size) = (0L, file.Size);
        if (!string.IsNullOrEmpty(version))
        {
            if (!site.HashIds.TryDecode(version, HashIdKind.Entity, out id))
                throw new CloudreveException(ErrorCode.BadParameter, "The version's id is invalid.");
            if (id != file.PrimaryEntityId)
                size = file.OtherEntities.FirstOrDefault(l => l.Id == id && l.Type == EntityType.Version)?.Size
                    ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The file has no such version.");
        }
        if (size > site.Get(SiteSetting.MaxEditSize) || (viewer.MaxSize is > 0 and var max && size > max))
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file is too large for the viewer.");
        return id;
    }

    private static string ExtensionOf(FileRecord file) => Path.GetExtension(file.Name).TrimStart('.').ToLowerInvariant();
}

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ViewerSessionRequest))]
[JsonSerializable(typeof(ApiResponse<ViewerSessionResponse>))]
internal sealed partial class ViewerJsonContext : JsonSerializerContext;
