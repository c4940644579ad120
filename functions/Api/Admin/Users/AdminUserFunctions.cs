using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Admin.Lists;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Admin.Users;

/// <summary>Lists, creates and changes accounts (contract, section 24).</summary>
internal sealed class AdminUserFunctions(UserAdministration administration, SiteCatalog catalog, PasskeyStore passkeys)
{
    private static readonly Dictionary<string, UserOrder> s_orders = new(StringComparer.Ordinal)
    {
        ["nick"] = UserOrder.Nick,
        ["email"] = UserOrder.Email,
        ["storage"] = UserOrder.Storage,
    };

    private static readonly string[] s_filters = ["user_status", "user_group", "user_nick", "user_email"];

    /// <summary>Lists accounts.</summary>
    [Function("AdminListUsers")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminUserListResponse>]
    public async Task<IResult> ListAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v4/admin/user")] HttpRequest request,
        [JsonBody] AdminListRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        body.Require(s_orders.Keys, s_filters);
        var filter = new UserFilter(
            body.Choice("user_status", AdminUserStatus.ByName), body.Number("user_group"), body.Condition("user_nick"), body.Condition("user_email"));
        var order = s_orders.GetValueOrDefault(body.Order, UserOrder.Id);
        var found = await administration.ListAsync(body.Rows(), filter, order, call.Site.Get(SiteSetting.MaxSortedRows), cancellationToken);
        var users = new List<AdminUserResponse>(found.Items.Count);
        foreach (var user in found.Items)
            users.Add(await DescribeAsync(user, call, cancellationToken));
        return ApiResponse.Ok(new AdminUserListResponse(users, body.Pagination(found.Total)));
    }

    /// <summary>Returns an account.</summary>
    [Function("AdminGetUser")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminRead)]
    [Answers<AdminUserResponse>]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/admin/user/{id}")] HttpRequest request,
        string id, ApiCall call, CancellationToken cancellationToken) =>
        ApiResponse.Ok(await DescribeWholeAsync(await administration.GetAsync(AdminId.Parse(id), cancellationToken), call, cancellationToken));

    /// <summary>Creates an account.</summary>
    [Function("AdminCreateUser")]
    [Requires(AuthClass.Admin)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminUserResponse>]
    public async Task<IResult> CreateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/user")] HttpRequest request,
        [JsonBody] UpsertUserRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(body.Password))
            throw new CloudreveException(ErrorCode.BadParameter, "A new user needs a password.");
        var user = new NewUser(body.User.Email ?? "", await HashAsync(body.Password, request, cancellationToken), body.User.GroupUsers ?? Group.UserId)
        {
            Nick = string.IsNullOrEmpty(body.User.Nick) ? null : body.User.Nick,
            Status = body.User.ReadStatus() ?? UserStatus.Active,
        };
        return ApiResponse.Ok(await DescribeWholeAsync(await administration.CreateAsync(user, cancellationToken), call, cancellationToken));
    }

    /// <summary>Changes an account.</summary>
    [Function("AdminUpdateUser")]
    [Requires(AuthClass.Admin, OAuthScopes.AdminWrite)]
    [BodyLimit(BodyLimitAttribute.Json)]
    [Answers<AdminUserResponse>]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/admin/user/{id}")] HttpRequest request,
        string id, [JsonBody] UpsertUserRequest body, ApiCall call, CancellationToken cancellationToken)
    {
        var userId = AdminId.Parse(id);
        var change = body.ReadChange();
        if (!string.IsNullOrEmpty(body.Password))
            change = change with { PasswordHash = await HashAsync(body.Password, request, cancellationToken) };
        var updated = await administration.UpdateAsync(call.Caller, userId, change, cancellationToken);
        return ApiResponse.Ok(await DescribeWholeAsync(updated, call, cancellationToken));
    }

    private static Task<string> HashAsync(string password, HttpRequest request, CancellationToken cancellationToken)
    {
        PasswordRules.Check(password);
        return PasswordHasher.HashAsync(password, ClientAddress.Of(ClientAddresses.Of(request.HttpContext)), cancellationToken);
    }

    private async Task<AdminUserResponse> DescribeAsync(ListedUser user, ApiCall call, CancellationToken cancellationToken) =>
        AdminUserResponse.Of(user, await catalog.FindGroupAsync(user.User.GroupId, cancellationToken), call.Site);

    private async Task<AdminUserResponse> DescribeWholeAsync(ListedUser user, ApiCall call, CancellationToken cancellationToken)
    {
        var described = await DescribeAsync(user, call, cancellationToken);
        var keys = await passkeys.ListAsync(user.User.Id, cancellationToken);
        return described with { Edges = described.Edges with { Passkey = keys.Count == 0 ? null : [.. keys.Select(AdminPasskeyName.Of)] } };
    }
}
