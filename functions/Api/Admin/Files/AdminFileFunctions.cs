using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Administration;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Changes;
using Cloudreve.Functions.Api.Files.Downloads;

namespace Cloudreve.Functions.Api.Admin.Files;

/// <summary>The files of all users (contract, section 24).</summary>
internal sealed class AdminFileFunctions(
    FileAdministration administration, UserStore users, SiteCatalog catalog, DownloadAddresses addresses, TimeProvider clock)
{
    private static readonly Dictionary<string, AdminFileOrder> s_orders = new(StringComparer.Ordinal)
    {
        ["name"] = AdminFileOrder.Name,
        ["size"] = AdminFileOrder.Size,
        ["created_at"] = AdminFileOrder.Created,
    };

    private static readonly string[] s_filters = ["file_name", "file_user", "file_policy", "file_metadata", "file_shared", "file_direct_link"];

    private static readonly Dictionary<string, bool> s_flags = new(StringComparer.Ordinal) { ["true"] = true, ["false"] = false };

    /// <summary>Lists files.</summary>
    [Function("AdminListFiles")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminFileListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/file")] HttpRequest request,
        [JsonBody] AdminListRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        body.Require(s_orders.Keys, s_filters);
        var filter = new AdminFileFilter
        {
            OwnerId = body.Number("file_user"),
            PolicyId = body.Number("file_policy"),
            Name = body.Condition("file_name"),
            MetadataKey = body.Condition("file_metadata"),
            IsShared = body.Choice("file_shared", s_flags) == true,
            HasDirectLink = body.Choice("file_direct_link", s_flags) == true,
        };
        var found = await administration.ListAsync(
            body.Rows(), filter, s_orders.GetValueOrDefault(body.Order, AdminFileOrder.Id), call.Site.Get(SiteSetting.MaxSortedRows), cancellationToken);
        return ApiResponse.Ok(new AdminFileListResponse(await DescribeAsync(found.Items, request, call, cancellationToken), body.Pagination(found.Total)));
    }

    /// <summary>Returns a file.</summary>
    [Function("AdminGetFile")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<AdminFileResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/file/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken) =>
        await AnswerAsync(await administration.GetAsync(AdminId.Parse(id), cancellationToken), request, call, cancellationToken);

    /// <summary>Changes the name and metadata of a file, and removes direct links.</summary>
    [Function("AdminUpdateFile")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminFileResponse>]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/file/{id}")] HttpRequest request,
        string id, [JsonBody] UpdateFileRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var fileId = AdminId.Parse(id);
        var change = body.Read();
        if (body.File.StoragePolicyFiles is { } policyId)
            await RequireSamePolicyAsync(fileId, policyId, cancellationToken);
        var actor = RequestActor.Of(request.HttpContext, call.Caller);
        return await AnswerAsync(
            await administration.UpdateAsync(actor, fileId, change, MetadataRules.Of(call.Site), cancellationToken), request, call, cancellationToken);
    }

    /// <summary>Returns an address at which a file can be downloaded.</summary>
    [Function("AdminGetFileUrl")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<string>]
    public async Task<IResult> GetUrlAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/file/url/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken)
    {
        var listed = await administration.GetAsync(AdminId.Parse(id), cancellationToken);
        var content = listed.Entities.FirstOrDefault(entity => entity.Id == listed.File.PrimaryEntityId);
        if (content is null && listed.File.PrimaryEntityId != 0)
            throw new CloudreveException(ErrorCode.BlobNotFound, "The file's content does not exist.");
        var target = new DownloadTarget(content, listed.File.Name, IsDownload: true, BytesPerSecond: 0);
        var address = await addresses.MakeAsync(
            call.Site, SiteUrls.Base(request.HttpContext, call.Site, primary: false), target, isFresh: false, cancellationToken);
        return ApiResponse.Ok(address.Url);
    }

    /// <summary>Deletes files for good, with all their versions.</summary>
    [Function("AdminBatchDeleteFiles")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/file/batch/delete")] HttpRequest request,
        [JsonBody] BatchIdsRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var batch = new Batch(request.HttpContext, clock);
        var actor = RequestActor.Of(request.HttpContext, call.Caller);
        await batch.RunAsync(body.Keys(), (id, token) => administration.DeleteAsync(actor, AdminId.Parse(id), token), cancellationToken);
        return batch.Answer();
    }

    private async Task RequireSamePolicyAsync(long fileId, long policyId, CancellationToken cancellationToken)
    {
        var listed = await administration.GetAsync(fileId, cancellationToken);
        if (listed.Entities.FirstOrDefault(entity => entity.Id == listed.File.PrimaryEntityId)?.PolicyId is { } current && current != policyId)
            throw new CloudreveException(ErrorCode.FeatureDisabled, "The storage policy of a file cannot be changed.");
    }

    private async Task<IResult> AnswerAsync(ListedFile file, HttpRequest request, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok((await DescribeAsync([file], request, call, cancellationToken))[0]);

    private async Task<IReadOnlyList<AdminFileResponse>> DescribeAsync(
        IReadOnlyList<ListedFile> files, HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var userIds = files.SelectMany(file => file.Entities.Select(entity => entity.CreatedBy).Append(file.File.OwnerId));
        var names = await AdminNames.ReadAsync(users, catalog, userIds, cancellationToken);
        var siteBase = SiteUrls.Base(request.HttpContext, call.Site, primary: false);
        return [.. files.Select(file => AdminFileResponse.Of(file, names, call.Site, siteBase))];
    }
}
