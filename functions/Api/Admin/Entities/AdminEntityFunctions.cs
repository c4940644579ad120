using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Entities.Administration;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files.Downloads;

namespace Cloudreve.Functions.Api.Admin.Entities;

/// <summary>The blobs behind the files of all users (contract, section 24).</summary>
internal sealed class AdminEntityFunctions(
    EntityAdministration administration, EntriesById byId, UserStore users, SiteCatalog catalog, DownloadAddresses addresses, TimeProvider clock)
{
    private static readonly Dictionary<string, EntityOrder> s_orders = new(StringComparer.Ordinal)
    {
        ["size"] = EntityOrder.Size,
        ["created_at"] = EntityOrder.Created,
        ["reference_count"] = EntityOrder.References,
    };

    private static readonly string[] s_filters = ["entity_user", "entity_policy", "entity_type"];

    private static readonly Dictionary<string, EntityType> s_types =
        Enum.GetValues<EntityType>().ToDictionary(type => ((int)type).ToString(CultureInfo.InvariantCulture), StringComparer.Ordinal);

    /// <summary>Lists blobs.</summary>
    [Function("AdminListEntities")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminEntityListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/entity")] HttpRequest request,
        [JsonBody] AdminListRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        body.Require(s_orders.Keys, s_filters);
        var filter = new EntityFilter(body.Number("entity_user"), body.Number("entity_policy"), body.Choice("entity_type", s_types));
        var found = await administration.ListAsync(
            body.Rows(), filter, s_orders.GetValueOrDefault(body.Order, EntityOrder.Id), call.Site.Get(SiteSetting.MaxSortedRows), cancellationToken);
        var names = await AdminNames.ReadAsync(users, catalog, found.Items.Select(item => item.Entity.CreatedBy), cancellationToken);
        return ApiResponse.Ok(new AdminEntityListResponse(
            [.. found.Items.Select(item => AdminEntityResponse.Of(item, names, call.Site.HashIds))], body.Pagination(found.Total)));
    }

    /// <summary>Returns a blob with the files that refer to it.</summary>
    [Function("AdminGetEntity")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<AdminEntityResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/entity/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken)
    {
        var entity = await administration.GetAsync(AdminId.Parse(id), cancellationToken);
        var files = new List<FileRecord>();
        foreach (var fileId in entity.FileIds)
        {
            if (await byId.FindAsync(fileId, cancellationToken) is { } file)
                files.Add(file);
        }
        var names = await AdminNames.ReadAsync(users, catalog, files.Select(file => file.OwnerId).Append(entity.Entity.CreatedBy), cancellationToken);
        return ApiResponse.Ok(AdminEntityResponse.Of(entity, names, call.Site.HashIds).With(files, names, call.Site.HashIds));
    }

    /// <summary>Returns an address at which a blob can be downloaded.</summary>
    [Function("AdminGetEntityUrl")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<string>]
    public async Task<IResult> GetUrlAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/entity/url/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken)
    {
        var entity = (await administration.GetAsync(AdminId.Parse(id), cancellationToken)).Entity;
        var name = entity.Source[(entity.Source.LastIndexOf('/') + 1)..];
        var address = await addresses.MakeAsync(
            call.Site, SiteUrls.Base(request.HttpContext, call.Site, primary: false), new DownloadTarget(entity, name, IsDownload: true, BytesPerSecond: 0),
            isFresh: false, cancellationToken);
        return ApiResponse.Ok(address.Url);
    }

    /// <summary>
    /// Removes blobs from the files that refer to them. It ignores force: a blob's row is removed first in any case, and its removal is retried
    /// until it succeeds.
    /// </summary>
    [Function("AdminBatchDeleteEntities")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/entity/batch/delete")] HttpRequest request,
        [JsonBody] BatchIdsRequest body, CancellationToken cancellationToken)
    {
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(body.Keys(), (id, token) => administration.DeleteAsync(AdminId.Parse(id), token), cancellationToken);
        return batch.Answer();
    }
}
