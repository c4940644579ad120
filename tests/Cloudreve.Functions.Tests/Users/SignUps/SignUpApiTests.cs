using System.Web;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.SignUps;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Users.SignUps;

public sealed class SignUpApiTests(AzuriteServer azurite)
{
    private const string Email = "Jane@Example.com";

    [Fact]
    public async Task Given_an_open_site_when_somebody_signs_up_then_the_account_works_at_once()
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var data = (await SignUpAsync(app, Email, language: "zh-CN")).Data;

        Assert.Equal(("jane@example.com", "jane", "active"), (Text(data, "email"), Text(data, "nickname"), Text(data, "status")));
        Assert.Equal(("zh-CN", "User"), (Text(data, "language"), Text(data.GetProperty("group"), "name")));
        var user = await app.Services.GetRequiredService<UserStore>().FindByEmailAsync(Email);
        Assert.Equal((true, 10), (user!.Settings.VersionRetentionEnabled, user.Settings.VersionRetentionMax));
        Assert.Equal(0, (await (await app.SignInAsync(Email)).GetApiAsync("file?uri=cloudreve%3A%2F%2Fmy")).Code);
    }

    [Fact]
    public async Task Given_an_address_with_an_account_when_it_signs_up_again_then_it_is_in_use()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await SignUpAsync(app, Email);

        Assert.Equal(40032, (await SignUpAsync(app, Email.ToUpperInvariant())).Code);
    }

    [Fact]
    public async Task Given_a_closed_site_when_somebody_signs_up_then_the_feature_is_off()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await SetAsync(app, ("register_enabled", "0"));

        Assert.Equal(40019, (await SignUpAsync(app, Email)).Code);
        Assert.False((await app.CreateClient().GetApiAsync("site/config/login")).Data.GetProperty("register_enabled").GetBoolean());
        Assert.Null(await app.Services.GetRequiredService<UserStore>().FindByEmailAsync(Email));
    }

    [Theory]
    [InlineData("not an address", "long enough")]
    [InlineData("Jane <jane@example.com>", "long enough")]
    [InlineData("a@b\nc", "long enough")]
    [InlineData("", "long enough")]
    [InlineData("jane@example.com", "short")]
    [InlineData("jane@example.com", "LONG")]
    public async Task Given_malformed_fields_when_somebody_signs_up_then_no_account_is_made(string email, string password)
    {
        await using var app = await AppFixture.StartAsync(azurite);

        var answer = await app.CreateClient().PostApiAsync("user", new { email, password = password == "LONG" ? new string('x', 129) : password });

        Assert.Equal(40001, answer.Code);
        Assert.Single(app.Services.GetRequiredService<UserStore>().ScanIdsAsync().ToBlockingEnumerable());
    }

    [Fact]
    public async Task Given_a_site_that_demands_a_captcha_when_somebody_signs_up_without_then_no_account_is_made()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await SetAsync(app, ("reg_captcha", "1"));

        Assert.Equal(40026, (await SignUpAsync(app, Email)).Code);
        Assert.Null(await app.Services.GetRequiredService<UserStore>().FindByEmailAsync(Email));
    }

    [Fact]
    public async Task Given_activation_without_a_mail_server_when_somebody_signs_up_then_no_account_is_made()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await SetAsync(app, ("email_active", "1"));

        Assert.Equal(40028, (await SignUpAsync(app, Email)).Code);
        Assert.Null(await app.Services.GetRequiredService<UserStore>().FindByEmailAsync(Email));
    }

    [Fact]
    public async Task Given_activation_when_somebody_signs_up_then_the_link_of_the_mail_makes_the_account_work()
    {
        await using var site = await MailingSite.StartAsync(azurite, ("email_active", "1"));

        var answer = await SignUpAsync(site.App, Email);
        var before = await site.App.CreateClient().PostApiAsync("session/token", new { email = Email, password = AppFixture.Password });
        var mail = await site.ReceiveAsync();
        var activated = await ActivateAsync(site.App, mail.Link);
        var again = await ActivateAsync(site.App, mail.Link);

        Assert.Equal(203, answer.Code);
        Assert.Equal(System.Text.Json.JsonValueKind.Undefined, answer.Data.ValueKind);
        Assert.Equal(40018, before.Code);
        Assert.Equal(("jane@example.com", "[Cloudreve] Confirm your email address"), (mail.To, mail.Subject));
        Assert.Equal(new Uri(site.App.Address, "/session/activate").ToString(), mail.Link.GetLeftPart(UriPartial.Path));
        Assert.Equal("active", Text(activated.Data, "status"));
        Assert.Equal(40034, again.Code);
        await site.App.SignInAsync(Email);
    }

    [Fact]
    public async Task Given_a_waiting_account_when_it_signs_up_again_then_the_mail_comes_again_in_time()
    {
        await using var site = await MailingSite.StartAsync(azurite, ("email_active", "1"));
        await SignUpAsync(site.App, Email, language: "de-DE");

        var atOnce = await SignUpAsync(site.App, Email);
        var first = await site.ReceiveAsync();
        site.Clock.Advance(TimeSpan.FromMinutes(1));
        var later = await SignUpAsync(site.App, Email);
        var second = await site.ReceiveAsync();

        Assert.Equal((40033, 40033), (atOnce.Code, later.Code));
        Assert.Equal("[Cloudreve] Bitte bestätigen Sie Ihre Adresse", first.Subject);
        Assert.Equal("[Cloudreve] Confirm your email address", second.Subject);
        Assert.Equal(2, site.Server.Recipients);
        Assert.Equal(0, (await ActivateAsync(site.App, second.Link)).Code);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(1)]
    public async Task SignUp_AddressOfAnotherThatWaits_BothGetALinkForTheirPassword(int seconds)
    {
        await using var site = await MailingSite.StartAsync(azurite, ("email_active", "1"));
        await SignUpAsync(site.App, Email, password: "the other's choice");
        var strangers = await site.ReceiveAsync();
        site.Clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(40033, (await SignUpAsync(site.App, Email)).Code);
        var owners = await site.ReceiveAsync();

        Assert.Equal(0, (await ActivateAsync(site.App, owners.Link)).Code);

        await site.App.SignInAsync(Email);
        Assert.Equal(40080, (await site.App.CreateClient().PostApiAsync("session/token", new { email = Email, password = "the other's choice" })).Code);
        Assert.Equal(40034, (await ActivateAsync(site.App, strangers.Link)).Code);
        await site.App.SignInAsync(Email);
    }

    [Fact]
    public async Task SignUp_StrangersSignUpAgainAndAgain_OwnersLinkWorksAndMailsAreBounded()
    {
        await using var site = await MailingSite.StartAsync(azurite, ("email_active", "1"));
        Assert.Equal(203, (await SignUpAsync(site.App, Email)).Code);
        var owners = await site.ReceiveAsync();

        var codes = new List<int>();
        for (var i = 0; i < SignUp.MaxPasswords + 1; i++)
            codes.Add((await SignUpAsync(site.App, Email, password: "the other's choice " + i)).Code);

        Assert.Equal([40033, 40033, 40033, 40033, 40028, 40028], codes);
        Assert.Equal(0, (await ActivateAsync(site.App, owners.Link)).Code);
        await site.App.SignInAsync(Email);
    }

    [Fact]
    public async Task Given_an_activation_link_when_a_day_has_passed_then_its_signature_has_expired()
    {
        await using var site = await MailingSite.StartAsync(azurite, ("email_active", "1"));
        await SignUpAsync(site.App, Email);
        var mail = await site.ReceiveAsync();

        site.Clock.Advance(TimeSpan.FromHours(24));

        Assert.Equal(40005, (await ActivateAsync(site.App, mail.Link)).Code);
    }

    [Theory]
    [InlineData(null, 403)]
    [InlineData("made-up:0", 40071)]
    public async Task Given_no_signature_or_a_wrong_one_when_an_account_is_activated_then_it_is_refused(string? sign, int code)
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var user = await app.CreateUserAsync(status: UserStatus.Inactive);

        var answer = await app.CreateClient().GetApiAsync($"user/activate/{(await app.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User)}?sign={sign}");

        Assert.Equal(code, answer.Code);
    }

    private static Task<ApiAnswer> SignUpAsync(AppFixture app, string email, string language = "en-US", string password = AppFixture.Password) =>
        app.CreateClient().PostApiAsync("user", new { email, password, language });

    private static Task<ApiAnswer> ActivateAsync(AppFixture app, Uri link)
    {
        var query = HttpUtility.ParseQueryString(link.Query);
        return app.CreateClient().GetApiAsync($"user/activate/{query["id"]}?sign={Uri.EscapeDataString(query["sign"]!)}");
    }

    private static Task SetAsync(AppFixture app, params (string Key, string Value)[] settings) =>
        app.Services.GetRequiredService<SettingStore>().SetAsync(settings.ToDictionary(s => s.Key, s => s.Value));

    private static string? Text(System.Text.Json.JsonElement data, string property) => data.GetProperty(property).GetString();
}
