using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Listing;
using Cloudreve.Core.Drive.Shortcuts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Info;

/// <summary>Details of one file or folder (contract, section 9).</summary>
internal sealed class FileInfoFunctions(
    DriveAccess access, EntriesByPath byPath, EntriesById byId, MarkedFolders marked, FileDetails details, FolderSummaries summaries)
{
    /// <summary>Returns a file or folder with the requested details.</summary>
    [Function("GetFileInfo")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesRead)]
    [NeverStored]
    [QueryParameter<string>("uri")]
    [QueryParameter<string>("id")]
    [QueryParameter<bool>("extended")]
    [QueryParameter<bool>("folder_summary")]
    [Answers<FileResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/info")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var isExtended = request.OptionalBoolean("extended") == true;
        var isSummarized = request.OptionalBoolean("folder_summary") == true;
        var (file, place) = request.OptionalText("uri") is { Length: > 0 } uri
            ? await FindByUriAsync(call, uri, cancellationToken)
            : await FindByIdAsync(call, request.OptionalText("id"), cancellationToken);
        if (file.OwnerId == call.Caller.UserId)
            file = await marked.UnmarkAsync(file, cancellationToken);
        var answer = new FilePresenter(call.Caller, call.Site).Present(file, place.View, place.Capabilities, withMetadata: true);
        if (isExtended)
        {
            var siteBase = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
            answer = answer with { ExtendedInfo = await details.DescribeAsync(call, siteBase, file, cancellationToken) };
        }
        if (isSummarized && file.Type == FileType.Folder)
            answer = answer with { FolderSummary = await SummarizeAsync(call, file, cancellationToken) };
        return ApiResponse.Ok(answer);
    }

    private async Task<FolderSummaryResponse> SummarizeAsync(ApiCall call, FileRecord folder, CancellationToken cancellationToken)
    {
        DriveAccess.RequireOwner(call.Caller, folder);
        var summary = await summaries.GetAsync(
            folder, call.Caller.Group.Settings.MaxWalkedFiles, call.Site.Get(SiteSetting.FolderSummaryAge), cancellationToken);
        return new FolderSummaryResponse(summary.Size, summary.Files, summary.Folders, summary.IsComplete, summary.CalculatedAt);
    }

    private async Task<(FileRecord File, DrivePlace Place)> FindByUriAsync(ApiCall call, string uri, CancellationToken cancellationToken)
    {
        var place = await access.OpenAsync(call.Caller, FileUri.Parse(uri), NavigatorCapability.Info, call.Site.HashIds, cancellationToken);
        if (place.Path.IsRoot)
            throw new CloudreveException(ErrorCode.NoPermission, "Details of the root folder are not available.");
        return (await byPath.GetAsync(place, cancellationToken), place);
    }

    private async Task<(FileRecord File, DrivePlace Place)> FindByIdAsync(ApiCall call, string? id, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        caller.RequireUser();
        if (!site.HashIds.TryDecode(id, HashIdKind.File, out var fileId))
            throw new CloudreveException(ErrorCode.BadParameter, "A URI or a valid id is required.");
        var file = await byId.FindAsync(fileId, cancellationToken)
            ?? throw new CloudreveException(ErrorCode.FileNotFound, "The file does not exist.");
        DriveAccess.RequireOwner(caller, file);
        var path = await byId.GetPathAsync(file, cancellationToken);
        var view = file.OwnerId == caller.UserId
            ? FileUri.My(path)
            : FileUri.My(path) with { Id = site.HashIds.Encode(file.OwnerId, HashIdKind.User) };
        return (file, new DrivePlace(file.OwnerId, path, view, NavigatorCapabilities.My));
    }
}
