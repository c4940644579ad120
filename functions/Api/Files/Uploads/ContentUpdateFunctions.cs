using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Content that is written in one request (contract, section 12).</summary>
internal sealed class ContentUpdateFunctions(DriveAccess access, FileContentWriter writer)
{
    /// <summary>Writes the content of a file, which is created when it does not exist.</summary>
    [Function("UpdateFileContent")]
    [Requires(AuthClass.Optional, OAuthScopes.FilesWrite)]
    [BodyLimit(BodyLimitAttribute.Content)]
    [QueryParameter<string>("uri", IsRequired = true)]
    [QueryParameter<string>("previous")]
    [Consumes("application/octet-stream")]
    [Answers<FileResponse>]
    public async Task<IResult> WriteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/file/content")] HttpRequest request, ApiCall call,
        CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var uri = FileUri.Parse(request.RequiredText("uri"));
        var place = await access.OpenAsync(caller, uri, NavigatorCapability.UploadFile, site.HashIds, cancellationToken);
        var wanted = new ContentRequest(place.Path, CheckLength(request, site))
        {
            Previous = VersionIds.Parse(request.OptionalText("previous"), site),
            ClientId = RequestActor.Of(request.HttpContext, caller).ClientId,
        };
        var file = await writer.WriteAsync(caller, wanted, request.Body, cancellationToken);
        return ApiResponse.Ok(new FilePresenter(caller, site).Present(file, place.View, place.Capabilities, withMetadata: false));
    }

    /// <summary>Checks the length of the content. The maximum is a setting, which is checked before anything is read.</summary>
    private static long CheckLength(HttpRequest request, SiteSettings site)
    {
        var length = BodyLength.Of(request) ?? throw new CloudreveException(ErrorCode.BadParameter, "The Content-Length header is missing.");
        return length <= site.Get(SiteSetting.MaxEditSize)
            ? length
            : throw new CloudreveException(ErrorCode.FileTooLarge, "The content exceeds the size limit of a single request.");
    }
}
