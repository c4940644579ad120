using System.Web;
using Cloudreve.Core.Accounts;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Users.SignUps;

public sealed class PasswordResetApiTests(AzuriteServer azurite)
{
    private const string NewPassword = "another horse";

    [Fact]
    public async Task Given_a_forgotten_password_when_the_mails_link_is_followed_then_the_new_one_works()
    {
        await using var site = await MailingSite.StartAsync(azurite);
        var user = await site.App.CreateUserAsync("jane@example.com");
        var tokens = (await SignInAsync(site.App, user.Email, AppFixture.Password)).Data.GetProperty("token");

        Assert.Equal(0, (await AskAsync(site.App, "Jane@Example.com")).Code);
        var mail = await site.ReceiveAsync();
        var answer = await FinishAsync(site.App, mail.Link);
        var again = await FinishAsync(site.App, mail.Link);

        Assert.Equal(new Uri(site.App.Address, "/session/reset").ToString(), mail.Link.GetLeftPart(UriPartial.Path));
        Assert.Equal(32, HttpUtility.ParseQueryString(mail.Link.Query)["secret"]!.Length);
        Assert.Equal("jane@example.com", answer.Data.GetProperty("email").GetString());
        Assert.Equal(40030, again.Code);
        Assert.Equal(0, (await SignInAsync(site.App, user.Email, NewPassword)).Code);
        Assert.Equal(40080, (await SignInAsync(site.App, user.Email, AppFixture.Password)).Code);
        var refreshToken = tokens.GetProperty("refresh_token").GetString();
        var refresh = await site.App.CreateClient().PostApiAsync("session/token/refresh", new { refresh_token = refreshToken });
        Assert.Equal(40020, refresh.Code);
    }

    [Fact]
    public async Task Given_a_link_when_an_hour_has_passed_then_it_is_too_old()
    {
        await using var site = await MailingSite.StartAsync(azurite);
        var user = await site.App.CreateUserAsync();
        await AskAsync(site.App, user.Email);
        var mail = await site.ReceiveAsync();

        site.Clock.Advance(TimeSpan.FromHours(1));

        Assert.Equal(40030, (await FinishAsync(site.App, mail.Link)).Code);
        await site.App.SignInAsync(user.Email);
    }

    [Fact]
    public async Task Given_a_second_request_when_it_comes_within_a_minute_or_later_then_one_link_works()
    {
        await using var site = await MailingSite.StartAsync(azurite);
        var user = await site.App.CreateUserAsync();
        await AskAsync(site.App, user.Email);

        Assert.Equal(0, (await AskAsync(site.App, user.Email)).Code);
        var first = await site.ReceiveAsync();
        site.Clock.Advance(TimeSpan.FromMinutes(1));
        await AskAsync(site.App, user.Email);
        var second = await site.ReceiveAsync();

        Assert.Equal(2, site.Server.Recipients);
        Assert.Equal(40030, (await FinishAsync(site.App, first.Link)).Code);
        Assert.Equal(0, (await FinishAsync(site.App, second.Link)).Code);
    }

    [Theory]
    [InlineData(UserStatus.ManualBanned, 40017)]
    [InlineData(UserStatus.SysBanned, 40017)]
    [InlineData(UserStatus.Inactive, 40018)]
    public async Task Given_an_account_that_may_not_sign_in_when_a_mail_is_requested_then_the_reason_is_reported(UserStatus status, int code)
    {
        await using var site = await MailingSite.StartAsync(azurite);
        var user = await site.App.CreateUserAsync(status: status);

        Assert.Equal(code, (await AskAsync(site.App, user.Email)).Code);
        Assert.Equal(40021, (await AskAsync(site.App, "nobody@example.com")).Code);
    }

    [Fact]
    public async Task Given_a_user_who_was_banned_meanwhile_when_the_link_is_followed_then_the_password_stays()
    {
        await using var site = await MailingSite.StartAsync(azurite);
        var users = site.App.Services.GetRequiredService<UserStore>();
        var user = await site.App.CreateUserAsync();
        await AskAsync(site.App, user.Email);
        var mail = await site.ReceiveAsync();
        await users.UpdateAsync(user.Id, u => u with { Status = UserStatus.ManualBanned });

        Assert.Equal(40017, (await FinishAsync(site.App, mail.Link)).Code);
        Assert.Equal(user.PasswordHash, (await users.FindAsync(user.Id))!.PasswordHash);
    }

    [Fact]
    public async Task Given_no_mail_server_when_a_mail_is_requested_then_every_address_is_told_the_same()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        Assert.Equal(40028, (await AskAsync(app, AppFixture.AdminEmail)).Code);
        Assert.Equal(40028, (await AskAsync(app, "nobody@example.com")).Code);
    }

    [Fact]
    public async Task Given_a_site_that_demands_a_captcha_when_a_mail_is_requested_without_then_it_is_refused()
    {
        await using var site = await MailingSite.StartAsync(azurite, ("forget_captcha", "1"));

        Assert.Equal(40026, (await AskAsync(site.App, AppFixture.AdminEmail)).Code);
    }

    [Fact]
    public async Task Given_a_link_when_secret_or_password_are_wrong_then_the_link_stays_good()
    {
        await using var site = await MailingSite.StartAsync(azurite);
        var user = await site.App.CreateUserAsync();
        await AskAsync(site.App, user.Email);
        var link = (await site.ReceiveAsync()).Link;
        var id = HttpUtility.ParseQueryString(link.Query)["id"];

        Assert.Equal(40030, (await PatchAsync(site.App, id, NewPassword, new string('x', 32))).Code);
        Assert.Equal(40030, (await PatchAsync(site.App, id, NewPassword, "")).Code);
        Assert.Equal(40001, (await PatchAsync(site.App, "-", NewPassword, "x")).Code);
        Assert.Equal(40001, (await FinishAsync(site.App, link, "short")).Code);
        Assert.Equal(0, (await FinishAsync(site.App, link)).Code);
    }

    [Fact]
    public async Task Given_the_mail_function_when_it_is_looked_up_then_it_waits_at_the_queue_of_mails()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var binding = Assert.Single(app.Host.Functions, f => f.Name == "SendMail").Trigger.GetRawText();

        Assert.Contains($"\"{app.Layout.MailsQueueName}\"", binding, StringComparison.Ordinal);
    }

    private static Task<ApiAnswer> AskAsync(AppFixture app, string email) => app.CreateClient().PostApiAsync("user/reset", new { email });

    private static Task<ApiAnswer> SignInAsync(AppFixture app, string email, string password) =>
        app.CreateClient().PostApiAsync("session/token", new { email, password });

    private static Task<ApiAnswer> FinishAsync(AppFixture app, Uri link, string password = NewPassword)
    {
        var query = HttpUtility.ParseQueryString(link.Query);
        return PatchAsync(app, query["id"], password, query["secret"]);
    }

    private static Task<ApiAnswer> PatchAsync(AppFixture app, string? id, string password, string? secret) =>
        app.CreateClient().SendApiAsync(HttpMethod.Patch, $"user/reset/{id}", new { password, secret });
}
