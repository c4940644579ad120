using System.Net.Http.Headers;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>
/// Tests that an application that an administrator granted every scope cannot gain more rights: an account of its own, somebody's password, another
/// administrator, or a setting that decides who signs in would outlive the grant.
/// </summary>
public sealed class ApplicationReachTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const int ScopeMissing = 40089;

    private AppFixture App => shared.App;

    private UserStore Users => App.Services.GetRequiredService<UserStore>();

    private SiteCatalog Catalog => App.Services.GetRequiredService<SiteCatalog>();

    [Theory]
    [InlineData("""{"user":{},"password":"Chosen-2026"}""")]
    [InlineData("""{"user":{"email":"elsewhere@example.com"}}""")]
    [InlineData("""{"user":{"group_users":1}}""")]
    [InlineData("""{"user":{},"two_fa":"x"}""")]
    public async Task Given_an_application_with_every_scope_when_it_changes_sign_ins_then_it_is_refused(string body)
    {
        var user = await Users.UpdateAsync((await App.CreateUserAsync()).Id, found => found with { TwoFactorSecret = "sealed" });

        Assert.Equal(ScopeMissing, (await (await ApplicationAsync()).SendTextAsync(HttpMethod.Put, $"admin/user/{user.Id}", body)).Code);

        var after = (await Users.FindAsync(user.Id))!;
        Assert.Equal((user.Email, user.PasswordHash, user.GroupId, user.TwoFactorSecret), (after.Email, after.PasswordHash, after.GroupId, after.TwoFactorSecret));
    }

    [Fact]
    public async Task Given_an_application_with_every_scope_when_it_changes_what_others_see_then_it_may()
    {
        var user = await App.CreateUserAsync();

        var answer = await (await ApplicationAsync()).SendApiAsync(
            HttpMethod.Put, $"admin/user/{user.Id}", new { user = new { nick = "Renamed", email = user.Email, group_users = Group.UserId, status = "manual_banned" } });

        Assert.Equal(0, answer.Code);
        Assert.Equal(("Renamed", UserStatus.ManualBanned), ((await Users.FindAsync(user.Id))!.Nick, (await Users.FindAsync(user.Id))!.Status));
    }

    [Fact]
    public async Task Given_an_application_with_every_scope_when_it_makes_administrators_then_it_is_refused()
    {
        var application = await ApplicationAsync();
        var id = (await Catalog.ReadGroupsAsync()).Max(group => group.Id) + 1;
        await Catalog.SaveGroupAsync(new Group { Id = id, Name = "Plain", Permissions = Boolset.Of(2) });

        Assert.Equal(ScopeMissing, (await application.SendApiAsync(HttpMethod.Put, "admin/group", new { group = new { name = "More", permissions = Boolset.Of(0).ToString() } })).Code);
        Assert.Equal(ScopeMissing, (await application.SendApiAsync(HttpMethod.Put, $"admin/group/{id}", new { group = new { name = "Plain", permissions = Boolset.Of(0, 2).ToString() } })).Code);

        Assert.False((await Catalog.GetGroupAsync(id)).Allows(GroupPermission.IsAdmin));
        Assert.Equal(0, (await application.SendApiAsync(HttpMethod.Put, $"admin/group/{id}", new { group = new { name = "Plainer", permissions = Boolset.Of(2).ToString() } })).Code);
    }

    [Theory]
    [InlineData("PUT", "admin/user", """{"user":{"email":"own@example.com","group_users":2},"password":"Chosen-2026"}""")]
    [InlineData("PUT", "admin/oauthClient", """{"client":{"name":"Another","redirect_uris":["https://a.example/"],"scopes":["openid"]}}""")]
    [InlineData("PUT", "admin/oauthClient/1", """{"client":{"is_enabled":true}}""")]
    [InlineData("PATCH", "admin/settings", """{"settings":{"siteScript":"alert(1)"}}""")]
    public async Task Given_an_application_with_every_scope_when_it_would_outlive_its_grant_then_it_is_refused(string method, string path, string body)
    {
        Assert.Equal(ScopeMissing, (await (await ApplicationAsync()).SendTextAsync(HttpMethod.Parse(method), path, body)).Code);

        Assert.Null(await Users.FindByEmailAsync("own@example.com"));
    }

    private async Task<HttpClient> ApplicationAsync()
    {
        var admin = (await Users.FindAsync(User.FirstId))!;
        var client = App.CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await App.IssueToApplicationAsync(admin, [.. OAuthScopes.All]));
        return client;
    }
}
