using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Session;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Users.Settings;

public sealed class PreferenceApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    /// <summary>A change of the password ends what the older token may do here.</summary>
    private async Task SignInAgainAsync(HttpClient client, long userId)
    {
        var tokens = await App.Services.GetRequiredService<TokenIssuer>().IssueAsync((await Users.FindAsync(userId))!);
        client.DefaultRequestHeaders.Authorization = new("Bearer", tokens.AccessToken);
    }

    private AppFixture App => shared.App;

    private UserStore Users => App.Services.GetRequiredService<UserStore>();

    [Fact]
    public async Task Given_a_new_user_when_the_preferences_are_read_then_they_are_those_of_new_accounts()
    {
        var (_, client) = await SignInAsync();

        var data = (await client.GetApiAsync("user/setting")).Data;

        Assert.True(data.GetProperty("version_retention_enabled").GetBoolean());
        Assert.Equal(10, data.GetProperty("version_retention_max").GetInt32());
        Assert.False(data.GetProperty("passwordless").GetBoolean());
        Assert.False(data.GetProperty("two_fa_enabled").GetBoolean());
        Assert.False(data.GetProperty("disable_view_sync").GetBoolean());
        Assert.Equal("", data.GetProperty("share_links_in_profile").GetString());
        Assert.Equal(0, data.GetProperty("credit").GetInt32());
        Assert.Empty(data.GetProperty("storage_packs").EnumerateArray());
    }

    [Fact]
    public async Task Given_a_user_when_the_preferences_are_read_then_it_costs_six_transactions()
    {
        var (_, client) = await SignInAsync();
        await client.GetApiAsync("user/setting");

        Assert.Equal(6, await App.TransactionsOfAsync(() => client.GetApiAsync("user/setting")));
    }

    [Fact]
    public async Task Given_every_field_when_it_is_changed_alone_then_it_shows_and_the_others_stay()
    {
        var (_, client) = await SignInAsync();

        await PatchAsync(client, new { nick = "Jane Doe" });
        await PatchAsync(client, new { language = "de-DE" });
        await PatchAsync(client, new { preferred_theme = "#00796b" });
        await PatchAsync(client, new { version_retention_enabled = false });
        await PatchAsync(client, new { version_retention_ext = new[] { "docx", "md" } });
        await PatchAsync(client, new { version_retention_max = 0 });
        await PatchAsync(client, new { disable_view_sync = true });
        await PatchAsync(client, new { share_links_in_profile = "hide_share" });
        await PatchAsync(client, new { group_expires = true });
        await PatchAsync(client, new { });

        var me = (await client.GetApiAsync("user/me")).Data;
        var data = (await client.GetApiAsync("user/setting")).Data;
        Assert.Equal(("Jane Doe", "de-DE", "#00796b"), (Text(me, "nickname"), Text(me, "language"), Text(me, "preferred_theme")));
        Assert.False(data.GetProperty("version_retention_enabled").GetBoolean());
        Assert.Equal(["docx", "md"], data.GetProperty("version_retention_ext").EnumerateArray().Select(ext => ext.GetString()));
        Assert.Equal(0, data.GetProperty("version_retention_max").GetInt32());
        Assert.True(data.GetProperty("disable_view_sync").GetBoolean());
        Assert.Equal("hide_share", Text(data, "share_links_in_profile"));
    }

    [Fact]
    public async Task Given_a_list_of_extensions_when_it_is_emptied_then_all_have_versions_again()
    {
        var (_, client) = await SignInAsync();
        await PatchAsync(client, new { version_retention_ext = new[] { "docx" } });

        await PatchAsync(client, new { version_retention_ext = Array.Empty<string>() });

        Assert.False((await client.GetApiAsync("user/setting")).Data.TryGetProperty("version_retention_ext", out _));
    }

    [Theory]
    [InlineData("""{"nick":""}""")]
    [InlineData("""{"nick":" "}""")]
    [InlineData("""{"nick":"LONG"}""")]
    [InlineData("""{"nick":1}""")]
    [InlineData("""{"language":""}""")]
    [InlineData("""{"language":"LONG"}""")]
    [InlineData("""{"preferred_theme":"red; background: url(x)"}""")]
    [InlineData("""{"version_retention_max":-1}""")]
    [InlineData("""{"version_retention_ext":[""]}""")]
    [InlineData("""{"version_retention_ext":[null]}""")]
    [InlineData("""{"share_links_in_profile":"everything"}""")]
    [InlineData("""{"disable_view_sync":"true"}""")]
    [InlineData("""{"new_password":"short","current_password":"correct horse battery"}""")]
    public async Task Given_a_bad_value_beside_a_good_one_when_it_is_sent_then_nothing_changes(string body)
    {
        var (user, client) = await SignInAsync();
        var filled = body.Replace("LONG", new string('x', 256), StringComparison.Ordinal)[..^1] + ""","version_retention_enabled":false}""";

        Assert.Equal(40001, (await client.SendTextAsync(HttpMethod.Patch, "user/setting", filled)).Code);
        Assert.Equal(user.ETag, (await Users.FindAsync(user.Id))!.ETag);
    }

    [Theory]
    [InlineData("nick", 255, 0)]
    [InlineData("nick", 256, 40001)]
    [InlineData("new_password", 128, 0)]
    [InlineData("new_password", 129, 40001)]
    [InlineData("new_password", 5, 40001)]
    public async Task Given_a_text_of_characters_that_are_two_units_long_when_it_is_sent_then_characters_count(string field, int length, int code)
    {
        var (_, client) = await SignInAsync();
        var text = string.Concat(Enumerable.Repeat("𠮷", length));

        var answer = await client.SendApiAsync(
            HttpMethod.Patch, "user/setting", new Dictionary<string, object> { [field] = text, ["current_password"] = AppFixture.Password });

        Assert.Equal(code, answer.Code);
    }

    [Fact]
    public async Task Given_a_password_of_characters_that_are_two_units_long_when_it_is_used_then_it_signs_in()
    {
        var (user, client) = await SignInAsync();
        var password = string.Concat(Enumerable.Repeat("𠮷", 128));
        await PatchAsync(client, new { new_password = password, current_password = AppFixture.Password });

        Assert.Equal(0, (await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password })).Code);
        await SignInAgainAsync(client, user.Id);
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { new_password = AppFixture.Password, current_password = password })).Code);
    }

    [Fact]
    public async Task Given_an_application_without_an_icon_when_grants_are_listed_then_its_picture_is_empty()
    {
        var (user, client) = await SignInAsync();
        await App.Services.GetRequiredService<OAuthGrants>().WidenAsync(user.Id, Guid.NewGuid(), ["openid"]);

        var grant = Assert.Single((await client.GetApiAsync("user/setting")).Data.GetProperty("oauth_grants").EnumerateArray());

        Assert.Equal("", grant.GetProperty("client_logo").GetString());
    }

    [Fact]
    public async Task Given_the_current_password_when_a_new_one_is_set_then_it_works_and_refresh_tokens_end()
    {
        var (user, client) = await SignInAsync();
        var refresh = (await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password }))
            .Data.GetProperty("token").GetProperty("refresh_token").GetString();

        var answer = await client.SendApiAsync(
            HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse", nick = "Jane" });

        Assert.Equal(0, answer.Code);
        Assert.Equal(0, (await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = "another horse" })).Code);
        Assert.Equal(40020, (await App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = refresh })).Code);
        Assert.Equal("Jane", (await Users.FindAsync(user.Id))!.Nick);
    }

    [Theory]
    [InlineData("not the password")]
    [InlineData("")]
    [InlineData(null)]
    public async Task Given_a_wrong_current_password_when_a_new_one_is_set_then_nothing_changes(string? current)
    {
        var (user, client) = await SignInAsync();

        var answer = await client.SendApiAsync(
            HttpMethod.Patch, "user/setting", new { current_password = current, new_password = "another horse", nick = "Jane" });

        Assert.Equal(40069, answer.Code);
        Assert.Equal(user.ETag, (await Users.FindAsync(user.Id))!.ETag);
    }

    [Fact]
    public async Task Given_many_wrong_current_passwords_when_the_right_one_follows_then_it_is_refused()
    {
        var (_, client) = await SignInAsync();
        for (var i = 0; i < AttemptLimiter.MaxFailures; i++)
            await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { current_password = "wrong one", new_password = "another horse" });

        var answer = await client.SendApiAsync(
            HttpMethod.Patch, "user/setting", new { current_password = AppFixture.Password, new_password = "another horse" });

        Assert.Equal(40069, answer.Code);
    }

    [Fact]
    public async Task Given_an_account_without_a_password_when_one_is_set_then_there_is_nothing_to_confirm()
    {
        var (user, client) = await SignInAsync();
        await Users.UpdateAsync(user.Id, u => u with { PasswordHash = null });
        await SignInAgainAsync(client, user.Id);
        Assert.True((await client.GetApiAsync("user/setting")).Data.GetProperty("passwordless").GetBoolean());

        await PatchAsync(client, new { new_password = "another horse" });

        Assert.Equal(0, (await App.CreateClient().PostApiAsync("session/token", new { email = user.Email, password = "another horse" })).Code);
    }

    [Fact]
    public async Task Given_a_prepared_second_factor_when_it_is_enabled_with_a_code_then_the_preferences_say_so()
    {
        var (_, client) = await SignInAsync();
        var app = new AuthenticatorApp((await client.GetApiAsync("user/setting/2fa")).Data.GetString()!);

        Assert.Equal(40022, (await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { two_fa_enabled = true, two_fa_code = "abcdef" })).Code);
        await PatchAsync(client, new { two_fa_enabled = true, two_fa_code = app.Code(TimeProvider.System.GetUtcNow()) });

        Assert.True((await client.GetApiAsync("user/setting")).Data.GetProperty("two_fa_enabled").GetBoolean());
        Assert.Equal(40022, (await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { two_fa_enabled = false, two_fa_code = "000000" })).Code);
        Assert.True((await client.GetApiAsync("user/setting")).Data.GetProperty("two_fa_enabled").GetBoolean());
    }

    [Fact]
    public async Task Given_no_prepared_second_factor_when_it_is_enabled_then_it_was_not_prepared()
    {
        var (_, client) = await SignInAsync();

        Assert.Equal(50005, (await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { two_fa_enabled = true, two_fa_code = "123456" })).Code);
    }

    [Fact]
    public async Task Given_sign_ins_when_the_preferences_are_read_then_the_newest_come_first()
    {
        var user = await App.CreateUserAsync();
        var client = App.CreateClient();
        client.DefaultRequestHeaders.UserAgent.ParseAdd(
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15");
        // The failure is noted after its answer; on one connection the next request waits for that.
        await client.PostApiAsync("session/token", new { email = user.Email, password = "not the password" });
        var answer = await client.PostApiAsync("session/token", new { email = user.Email, password = AppFixture.Password });
        client.DefaultRequestHeaders.Authorization = new("Bearer", Text(answer.Data.GetProperty("token"), "access_token"));

        var logins = (await client.GetApiAsync("user/setting")).Data.GetProperty("login_activity").EnumerateArray().ToList();

        Assert.Equal([true, false], logins.Select(login => login.GetProperty("success").GetBoolean()));
        Assert.All(logins, login => Assert.Equal(
            ("127.0.0.1", "Safari", "Mac OS X", "Mac", ""),
            (Text(login, "ip"), Text(login, "browser"), Text(login, "os"), Text(login, "device"), Text(login, "login_with"))));
    }

    [Fact]
    public async Task Given_a_user_who_hides_share_links_when_the_profile_is_read_then_they_are_not_shown()
    {
        var (user, client) = await SignInAsync();
        var path = $"user/shares/{(await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User)}?page_size=10";

        Assert.Empty((await App.CreateClient().GetApiAsync(path)).Data.GetProperty("shares").EnumerateArray());
        await PatchAsync(client, new { share_links_in_profile = "hide_share" });

        Assert.Equal(40001, (await App.CreateClient().GetApiAsync(path)).Code);
        Assert.Equal(40001, (await App.CreateClient().GetApiAsync(path.Replace("=10", "=9", StringComparison.Ordinal))).Code);
        Assert.Equal(40001, (await App.CreateClient().GetApiAsync(path.Replace("=10", "=101", StringComparison.Ordinal))).Code);
        Assert.Equal(40001, (await App.CreateClient().GetApiAsync("user/shares/-?page_size=10")).Code);
    }

    private static string? Text(JsonElement data, string property) => data.GetProperty(property).GetString();

    private static async Task PatchAsync(HttpClient client, object change) =>
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Patch, "user/setting", change)).Code);

    private async Task<(User User, HttpClient Client)> SignInAsync()
    {
        var user = await App.CreateUserAsync();
        return (user, await App.SignInAsync(user.Email));
    }
}
