using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.OAuthClients;

/// <summary>The applications that may ask users for access (contract, section 24).</summary>
internal sealed class AdminOAuthClientFunctions(OAuthClientAdministration administration, TimeProvider clock)
{
    private static readonly Dictionary<string, Func<OAuthClient, IComparable>> s_orders = new(StringComparer.Ordinal)
    {
        ["id"] = client => client.Id,
        ["name"] = client => client.Name,
    };

    private static readonly string[] s_filters = ["is_enabled", "name"];
    private static readonly Dictionary<string, bool> s_flags = new(StringComparer.Ordinal) { ["true"] = true, ["false"] = false };

    /// <summary>Lists applications.</summary>
    [Function("AdminListOAuthClients")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminOAuthClientListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/oauthClient")] HttpRequest request,
        [JsonBody] AdminListRequest body)
    {
        body.Require(s_orders.Keys, s_filters);
        var isEnabled = body.Choice("is_enabled", s_flags);
        var name = body.Search("name");
        var found = (await administration.ListAsync())
            .Where(client => (isEnabled ?? client.IsEnabled) == client.IsEnabled && (name is null || client.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))
            .ToList();
        return ApiResponse.Ok(new AdminOAuthClientListResponse(
            [.. body.PageOf(found, s_orders).Select(client => AdminOAuthClientResponse.Of(client))], body.Pagination(found.Count)));
    }

    /// <summary>Returns an application, with the number of users who have granted something to it.</summary>
    [Function("AdminGetOAuthClient")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<AdminOAuthClientResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/oauthClient/{id}")] HttpRequest request,
        string id, CancellationToken cancellationToken)
    {
        var client = await administration.GetAsync(AdminId.Parse(id));
        return ApiResponse.Ok(AdminOAuthClientResponse.Of(client) with { TotalGrants = await administration.CountGrantsAsync(client, cancellationToken) });
    }

    /// <summary>Adds an application. Its secret is returned here and never again.</summary>
    [Function("AdminCreateOAuthClient")]
    [Requires(AuthClass.Admin)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminOAuthClientResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/oauthClient")] HttpRequest request,
        [JsonBody] UpsertOAuthClientRequest body, CancellationToken cancellationToken) =>
        Answer(await administration.CreateAsync(body.Client.Read(), cancellationToken));

    /// <summary>Changes an application. A new secret is returned here and never again.</summary>
    [Function("AdminUpdateOAuthClient")]
    [Requires(AuthClass.Admin)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminOAuthClientResponse>]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/oauthClient/{id}")] HttpRequest request,
        string id, [JsonBody] UpsertOAuthClientRequest body, CancellationToken cancellationToken) =>
        Answer(await administration.UpdateAsync(AdminId.Parse(id), body.Client.Read(), cancellationToken));

    /// <summary>Deletes an application, with all grants to it.</summary>
    [Function("AdminDeleteOAuthClient")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.None)]
    public async Task<IResult> DeleteAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "api/v4/admin/oauthClient/{id}")] HttpRequest request,
        string id, CancellationToken cancellationToken)
    {
        await administration.DeleteAsync(AdminId.Parse(id), cancellationToken);
        return ApiResponse.Ok();
    }

    /// <summary>Deletes applications.</summary>
    [Function("AdminBatchDeleteOAuthClients")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    public async Task<IResult> DeleteManyAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/oauthClient/batch/delete")] HttpRequest request,
        [JsonBody] BatchIdsRequest body, CancellationToken cancellationToken)
    {
        var batch = new Batch(request.HttpContext, clock);
        await batch.RunAsync(body.Keys(), (id, token) => administration.DeleteAsync(AdminId.Parse(id), token), cancellationToken);
        return batch.Answer();
    }

    private static ApiResponse<AdminOAuthClientResponse> Answer(ChangedOAuthClient changed) =>
        ApiResponse.Ok(AdminOAuthClientResponse.Of(changed.Client) with { Secret = changed.Secret });
}
