using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Users;

/// <summary>Creating and changing accounts as an administrator (contract, section 24).</summary>
public sealed class AdminUserTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_new_account_when_an_administrator_makes_it_then_its_owner_can_sign_in()
    {
        var admin = await App.SignInAsync();

        var made = await admin.SendApiAsync(HttpMethod.Put, "admin/user", new
        {
            user = new { edges = new { }, id = 0, email = "New@Example.com ", nick = "Newcomer", password = AppFixture.Password, status = "active", group_users = 2 },
            password = AppFixture.Password,
        });

        Assert.Equal(0, made.Code);
        Assert.Equal(Text(made.Data, "created_at"), Text(made.Data, "updated_at"));
        var shown = (await admin.GetApiAsync($"admin/user/{made.Data.GetProperty("id").GetInt64()}")).Data;
        Assert.Equal(("new@example.com", "Newcomer", "active", 2), (Text(shown, "email"), Text(shown, "nick"), Text(shown, "status"), shown.GetProperty("group_users").GetInt32()));
        Assert.Equal("User", Text(shown.GetProperty("edges").GetProperty("group"), "name"));
        Assert.False(shown.GetProperty("two_fa_enabled").GetBoolean());
        Assert.Equal(0, shown.GetProperty("capacity").GetProperty("used").GetInt64());
        Assert.Equal(0, (await (await App.SignInAsync("new@example.com")).GetApiAsync("user/me")).Code);
    }

    [Theory]
    [InlineData("""{"user":{"email":"admin@example.com","group_users":2},"password":"long enough"}""", 40032)]
    [InlineData("""{"user":{"email":"x1@example.com","group_users":2}}""", 40001)]
    [InlineData("""{"user":{"email":"x1@example.com","group_users":2},"password":"short"}""", 40001)]
    [InlineData("""{"user":{"email":"nonsense","group_users":2},"password":"long enough"}""", 40001)]
    [InlineData("""{"user":{"group_users":2},"password":"long enough"}""", 40001)]
    [InlineData("""{"user":{"email":"x1@example.com","group_users":99},"password":"long enough"}""", 40039)]
    [InlineData("""{"user":{"email":"x1@example.com","group_users":3},"password":"long enough"}""", 40001)]
    [InlineData("""{"user":{"email":"x1@example.com","status":"happy"},"password":"long enough"}""", 40001)]
    [InlineData("""{"password":"long enough"}""", 40001)]
    public async Task Given_an_invalid_new_account_when_it_is_made_then_there_is_none(string body, int code)
    {
        var answer = await (await App.SignInAsync()).SendTextAsync(HttpMethod.Put, "admin/user", body);

        Assert.Equal(code, answer.Code);
        Assert.Null(await App.Services.GetRequiredService<UserStore>().FindByEmailAsync("x1@example.com"));
    }

    [Fact]
    public async Task Given_an_account_when_everything_is_changed_then_it_holds_and_older_sign_ins_end()
    {
        var user = await App.CreateUserAsync("before@example.com");
        var users = App.Services.GetRequiredService<UserStore>();
        await users.UpdateAsync(user.Id, u => u with { TwoFactorSecret = "secret", Avatar = "gravatar" });
        var admin = await App.SignInAsync();
        var refresh = (await App.Services.GetRequiredService<TokenIssuer>().IssueAsync(user)).RefreshToken;

        var answer = await PutAsync(admin, user.Id, new { email = "after@example.com", nick = "Other", status = "active", group_users = 1, avatar = "" }, "another password", "clear");

        Assert.Equal(0, answer.Code);
        var changed = (await users.FindAsync(user.Id))!;
        Assert.Equal(("after@example.com", "Other", 1, false, ""), (changed.Email, changed.Nick, changed.GroupId, changed.HasTwoFactor, changed.Avatar));
        Assert.Equal(40020, (await App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = refresh })).Code);
        Assert.Null(await users.FindByEmailAsync("before@example.com"));
        Assert.Equal(user.Id, (await users.FindByEmailAsync("after@example.com"))!.Id);
        Assert.NotEqual(user.Id, (await App.CreateUserAsync("before@example.com")).Id);
    }

    [Fact]
    public async Task Given_the_form_of_the_front_end_when_it_sends_an_account_back_then_nothing_changes()
    {
        var user = await App.CreateUserAsync();
        var admin = await App.SignInAsync();
        var shown = (await admin.GetApiAsync($"admin/user/{user.Id}")).Data;

        var answer = await admin.SendApiAsync(HttpMethod.Put, $"admin/user/{user.Id}", new { user = shown, two_fa = "clear" });

        Assert.Equal(0, answer.Code);
        Assert.Equal((user.Email, user.Nick, user.PasswordHash, UserStatus.Active), await ReadAsync(user.Id));
    }

    [Theory]
    [InlineData("manual_banned")]
    [InlineData("sys_banned")]
    public async Task Given_a_signed_in_user_when_an_administrator_bans_the_account_then_its_tokens_end(string status)
    {
        var user = await App.CreateUserAsync();
        var client = await App.SignInAsync(user.Email);
        var admin = await App.SignInAsync();
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);

        await PutAsync(admin, user.Id, new { status });

        Assert.Equal(40017, (await client.GetApiAsync("user/me")).Code);
        Assert.Equal(40017, (await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password })).Code);
        await PutAsync(admin, user.Id, new { status = "active" });
        Assert.Equal(0, (await client.GetApiAsync("user/me")).Code);
    }

    [Theory]
    [InlineData("""{"email":"admin@example.com"}""", null, 40032)]
    [InlineData("""{"email":"nonsense"}""", null, 40001)]
    [InlineData("""{"nick":" "}""", null, 40001)]
    [InlineData("""{"status":"happy"}""", null, 40001)]
    [InlineData("""{"group_users":99}""", null, 40039)]
    [InlineData("""{"group_users":3}""", null, 40001)]
    [InlineData("""{"nick":"x"}""", "short", 40001)]
    public async Task Given_a_change_that_cannot_be_when_it_is_sent_then_nothing_changes(string change, string? password, int code)
    {
        var user = await App.CreateUserAsync();
        using var parsed = JsonDocument.Parse(change);

        Assert.Equal(code, (await PutAsync(await App.SignInAsync(), user.Id, parsed.RootElement, password)).Code);
        Assert.Equal((user.Email, user.Nick, user.PasswordHash, UserStatus.Active), await ReadAsync(user.Id));
    }

    [Theory]
    [InlineData("""{"group_users":2}""", 40042, 40042)]
    [InlineData("""{"status":"manual_banned"}""", 40043, 40043)]
    [InlineData("""{"status":"inactive"}""", 40043, 40043)]
    [InlineData("""{"email":"mine@example.com"}""", 40043, 0)]
    [InlineData("""{"nick":"Chief","status":"active","group_users":1}""", 0, 0)]
    public async Task Given_the_first_or_own_account_when_it_is_changed_then_nobody_is_locked_out(string change, int codeOfFirst, int codeOfOwn)
    {
        var other = await App.CreateUserAsync(groupId: Group.AdminId);
        var admin = await App.SignInAsync(other.Email);
        using var parsed = JsonDocument.Parse(change);

        Assert.Equal(codeOfFirst, (await PutAsync(admin, User.FirstId, parsed.RootElement)).Code);
        Assert.Equal(codeOfOwn, (await PutAsync(admin, other.Id, parsed.RootElement)).Code);
        var first = (await App.Services.GetRequiredService<UserStore>().FindAsync(User.FirstId))!;
        Assert.Equal((AppFixture.AdminEmail, UserStatus.Active, Group.AdminId), (first.Email, first.Status, first.GroupId));
    }

    [Fact]
    public async Task Given_the_first_account_when_another_administrator_sets_its_password_then_it_is_refused()
    {
        var admin = await App.SignInAsync((await App.CreateUserAsync(groupId: Group.AdminId)).Email);

        Assert.Equal(40043, (await PutAsync(admin, User.FirstId, new { }, "another password")).Code);
        Assert.Equal(0, (await (await App.SignInAsync()).GetApiAsync("user/me")).Code);
    }

    [Fact]
    public async Task Given_addresses_that_several_accounts_want_at_once_when_changed_then_one_gets_each()
    {
        var first = await App.Services.GetRequiredService<UserStore>().FindAsync(User.FirstId);
        var admin = new Caller(first, await App.Services.GetRequiredService<SiteCatalog>().GetGroupAsync(first!.GroupId));
        var users = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => App.CreateUserAsync()));
        foreach (var round in Enumerable.Range(0, 5))
        {
            var address = $"wanted{round}@example.com";

            var outcomes = await Task.WhenAll(users.Select(user => ChangeAsync(user.Id, address)));

            Assert.Equal(["MailInUse", "MailInUse", "MailInUse", address], outcomes.Order(StringComparer.Ordinal));
            var store = App.Services.GetRequiredService<UserStore>();
            var owners = (await Task.WhenAll(users.Select(user => store.FindAsync(user.Id)))).Where(user => user!.Email == address);
            Assert.Equal(Assert.Single(owners)!.Id, (await store.FindByEmailAsync(address))!.Id);
        }

        async Task<string> ChangeAsync(long id, string address)
        {
            try
            {
                return (await App.Services.GetRequiredService<UserAdministration>().UpdateAsync(admin, id, new UserChange { Email = address })).User.Email;
            }
            catch (CloudreveException e)
            {
                return e.Code.ToString();
            }
        }
    }

    [Theory]
    [InlineData("999999", 40021)]
    [InlineData("0", 40001)]
    [InlineData("-1", 40001)]
    [InlineData("x", 40001)]
    [InlineData("99999999999999999999", 40001)]
    public async Task Given_an_id_without_account_when_it_is_requested_or_changed_then_the_code_says_so(string id, int code)
    {
        var admin = await App.SignInAsync();

        Assert.Equal(code, (await admin.GetApiAsync($"admin/user/{id}")).Code);
        Assert.Equal(code, (await admin.SendApiAsync(HttpMethod.Put, $"admin/user/{id}", new { user = new { nick = "x" } })).Code);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static Task<ApiAnswer> PutAsync(HttpClient admin, long id, object user, string? password = null, string? twoFactor = null) =>
        admin.SendApiAsync(HttpMethod.Put, $"admin/user/{id}", new { user, password, two_fa = twoFactor });

    private async Task<(string Email, string Nick, string? PasswordHash, UserStatus Status)> ReadAsync(long id)
    {
        var user = (await App.Services.GetRequiredService<UserStore>().FindAsync(id))!;
        return (user.Email, user.Nick, user.PasswordHash, user.Status);
    }
}
