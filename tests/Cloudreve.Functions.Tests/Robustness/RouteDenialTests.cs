using System.Net.Http.Headers;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.Contract;
using Cloudreve.Testing.Contract;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>Tests that every route denies callers whose token, account or group is insufficient, before it checks anything else.</summary>
public sealed class RouteDenialTests(SignedInApp app) : IClassFixture<SignedInApp>
{
    private const int LoginRequired = 401;
    private const int NoPermission = 403;
    private const int Banned = 40017;
    private const int ScopeMissing = 40089;

    [Fact]
    public void Given_the_table_of_scopes_when_compared_with_the_contract_then_it_has_the_right_routes() =>
        Assert.Equal(
            OpenApiContract.Current.Endpoints.Where(endpoint => !endpoint.OutsidePrefix && endpoint.Auth is "optional" or "required" or "admin")
                .Where(endpoint => !endpoint.OutsidePrefix).Select(ContractExamples.Line).Order(StringComparer.Ordinal),
            ContractScopes.Table.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Given_the_table_of_scopes_when_its_scopes_are_looked_up_then_the_app_knows_all_of_them() =>
        Assert.Empty(ContractScopes.Table.Values.Except([.. OAuthScopes.All, ContractScopes.Any, ContractScopes.Never]));

    [Theory]
    [MemberData(nameof(ContractExamples.EndpointsWithCallers), MemberType = typeof(ContractExamples))]
    public async Task Given_a_token_with_every_scope_but_the_needed_one_when_it_calls_then_the_scope_is_missing(string operationId)
    {
        var needed = ContractScopes.Of(ContractExamples.Endpoint(operationId));
        var others = OAuthScopes.All.Where(scope => !OAuthScopes.Cover(new HashSet<string> { scope }, needed)).ToHashSet();

        var code = await CodeAsync(operationId, await TokenAsync(1, needed == ContractScopes.Never ? [.. OAuthScopes.All] : others));

        Assert.Equal(needed == ContractScopes.Any, code != ScopeMissing);
    }

    [Theory]
    [MemberData(nameof(ContractExamples.EndpointsWithCallers), MemberType = typeof(ContractExamples))]
    public async Task Given_a_token_with_the_needed_scope_alone_when_it_calls_then_no_scope_is_missing(string operationId)
    {
        var needed = ContractScopes.Of(ContractExamples.Endpoint(operationId));

        var code = await CodeAsync(operationId, await TokenAsync(1, needed is ContractScopes.Any or ContractScopes.Never ? [] : [needed]));

        Assert.Equal(needed == ContractScopes.Never, code == ScopeMissing);
    }

    [Theory]
    [MemberData(nameof(ContractExamples.EndpointsWithCallers), MemberType = typeof(ContractExamples))]
    public async Task Given_a_banned_user_when_a_route_is_called_then_the_code_is_40017(string operationId)
    {
        foreach (var status in (UserStatus[])[UserStatus.ManualBanned, UserStatus.SysBanned])
            Assert.Equal(Banned, await CodeAsync(operationId, await TokenAsync(await UserIdAsync(status), scopes: null)));
    }

    [Theory]
    [MemberData(nameof(ContractExamples.ProtectedEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_a_user_who_is_not_activated_when_a_protected_route_is_called_then_the_code_is_401(string operationId) =>
        Assert.Equal(LoginRequired, await CodeAsync(operationId, await TokenAsync(await UserIdAsync(UserStatus.Inactive), scopes: null)));

    [Theory]
    [MemberData(nameof(ContractExamples.AdministratorEndpoints), MemberType = typeof(ContractExamples))]
    public async Task Given_a_user_who_is_no_administrator_when_administering_then_the_code_is_403(string operationId) =>
        Assert.Equal(NoPermission, await CodeAsync(operationId, await TokenAsync(await UserIdAsync(UserStatus.Active), scopes: null)));

    private async Task<long> UserIdAsync(UserStatus status)
    {
        var email = $"{status}@example.com";
        var users = app.App.Services.GetRequiredService<UserStore>();
        return (await users.FindByEmailAsync(email) ?? await app.App.CreateUserAsync(email, Group.UserId, status)).Id;
    }

    private async Task<string> TokenAsync(long userId, IReadOnlyCollection<string>? scopes)
    {
        var user = await app.App.Services.GetRequiredService<UserStore>().FindAsync(userId);
        return scopes is null
            ? (await app.App.Services.GetRequiredService<TokenIssuer>().IssueAsync(user!)).AccessToken
            : await app.App.IssueToApplicationAsync(user!, scopes);
    }

    private async Task<int> CodeAsync(string operationId, string token)
    {
        var endpoint = ContractExamples.Endpoint(operationId);
        using var request = new HttpRequestMessage(new HttpMethod(endpoint.Method), ContractExamples.PathOf(endpoint));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Options.Set(ContractHandler.Undocumented, true);
        using var answer = await app.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (answer.Content.Headers.ContentType?.MediaType != "application/json")
            return 0;
        using var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
        return body.RootElement.TryGetProperty("code", out var code) ? code.GetInt32() : 0;
    }
}
