using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Changes;

/// <summary>Creation of folders and empty files (contract, section 12).</summary>
internal sealed class CreateFileFunctions(DriveAccess access, DriveOperations operations, SiteCatalog catalog)
{
    /// <summary>Creates a folder or an empty file.</summary>
    [Function("CreateFile")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<FileResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/file/create")] HttpRequest request,
        [JsonBody] CreateFileRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var place = await access.OpenAsync(caller, FileUri.ParseNew(body.Uri), NavigatorCapability.CreateFile, site.HashIds, cancellationToken);
        var type = ParseType(body.Type);
        var metadata = body.Metadata ?? new Dictionary<string, string>();
        MetadataRules.Of(site).CheckNew(metadata, mayBeShortcut: true);
        if (type == FileType.File)
            await CheckNameAsync(caller, place.Path.Name, cancellationToken);
        var work = new DriveWork(place.OwnerId, RequestActor.Of(request.HttpContext, caller));
        var file = await operations.CreateAsync(work, place.Path, new NewEntry(type) { Metadata = metadata }, body.ErrOnConflict, cancellationToken);
        await operations.PublishAsync(work, cancellationToken);
        return ApiResponse.Ok(new FilePresenter(caller, site).Present(file, place.View, place.Capabilities, withMetadata: false));
    }

    private static FileType ParseType(string text) => text switch
    {
        "file" => FileType.File,
        "folder" => FileType.Folder,
        _ => throw new CloudreveException(ErrorCode.BadParameter, "The type must be file or folder."),
    };

    private async Task CheckNameAsync(Caller caller, string name, CancellationToken cancellationToken)
    {
        if (caller.Group.StoragePolicyId is { } policyId
            && FileRules.Of(await catalog.GetPolicyAsync(policyId, cancellationToken)).RefuseName(name) is { } reason)
            throw new CloudreveException(ErrorCode.IllegalName, reason);
    }
}
