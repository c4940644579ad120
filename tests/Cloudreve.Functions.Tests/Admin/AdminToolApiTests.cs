using Cloudreve.Core.Accounts.Mails;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Files.Downloads;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>Tools of the administration (contract, section 24).</summary>
public sealed class AdminToolApiTests(SharedApp shared, AzuriteServer azurite) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private HttpClient _admin = null!;

    private AppFixture App => shared.App;

    public async ValueTask InitializeAsync() => _admin = await App.SignInAsync();

    public ValueTask DisposeAsync()
    {
        _admin.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Given_settings_that_are_not_stored_when_a_test_mail_is_sent_then_it_goes_by_them()
    {
        await using var server = new SmtpServerDouble();

        var answer = await SendAsync("someone@example.com", Settings(server.Port));

        Assert.Equal((0, ""), (answer.Code, answer.Msg));
        var mail = await server.ReceiveAsync();
        Assert.Contains("someone@example.com", mail.To, StringComparison.Ordinal);
        Assert.Contains("site@example.com", mail.From, StringComparison.Ordinal);
        Assert.Equal("", (await App.GetSiteAsync()).Get(MailSetting.SmtpHost));
    }

    [Fact]
    public async Task Given_a_stored_password_when_a_test_names_another_server_then_it_is_not_sent_there()
    {
        await using var server = new SmtpServerDouble { Credentials = ("mailer", "stored secret") };
        var stored = Settings(server.Port);
        (stored["smtpUser"], stored["smtpPass"]) = ("mailer", "stored secret");
        Assert.Equal(0, (await _admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = stored })).Code);
        stored.Remove("smtpPass");

        Assert.Equal(0, (await SendAsync("someone@example.com", stored)).Code);
        await using var other = new SmtpServerDouble { Credentials = ("mailer", "stored secret") };
        stored["smtpPort"] = $"{other.Port}";
        var elsewhere = await SendAsync("someone@example.com", stored);

        Assert.Equal(40028, elsewhere.Code);
        Assert.DoesNotContain("stored secret", elsewhere.Root.GetRawText(), StringComparison.Ordinal);
        await _admin.SendApiAsync(HttpMethod.Patch, "admin/settings", new { settings = new Dictionary<string, string> { ["smtpHost"] = "", ["smtpUser"] = "", ["smtpPass"] = "" } });
    }

    [Fact]
    public async Task Given_a_server_that_does_not_answer_when_a_test_mail_is_sent_then_the_reason_is_reported()
    {
        var answer = await SendAsync("someone@example.com", Settings(AzuriteServer.FreePort()));

        Assert.Equal(40028, answer.Code);
        Assert.Contains("cannot be reached", answer.Msg, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no address", "smtpPort", "25")]
    [InlineData("a@example.com, b@example.com", "smtpPort", "25")]
    [InlineData("someone@example.com", "smtpPort", "soon")]
    [InlineData("someone@example.com", "smtpHost", "")]
    public async Task Given_a_mail_that_cannot_be_when_it_is_tested_then_it_is_a_bad_parameter(string to, string key, string value)
    {
        var settings = Settings(25);
        settings[key] = value;

        Assert.Equal(40001, (await SendAsync(to, settings)).Code);
    }

    [Fact]
    public async Task Given_a_program_when_it_is_tested_then_its_first_line_comes()
    {
        // A program that tests have everywhere, since the storage emulator runs in it.
        await using var app = await AppFixture.StartAsync(azurite, settings: new Dictionary<string, string?> { ["CLOUDREVE_PROGRAMS"] = "node" });

        var answer = await (await app.SignInAsync()).PostApiAsync("admin/tool/thumbExecutable", new { name = "vips", executable = "node" });

        Assert.Equal(0, answer.Code);
        Assert.Matches(@"^v\d+\.\d+\.\d+$", answer.Data.GetString());
    }

    [Theory]
    [InlineData("vips", "/no/such/program")]
    [InlineData("vips", "")]
    [InlineData("vips", "a\nb")]
    [InlineData("rm", "/bin/true")]
    public async Task Given_a_program_that_cannot_be_started_when_it_is_tested_then_it_is_a_bad_parameter(string name, string executable)
    {
        await using var app = await AppFixture.StartAsync(azurite, settings: new Dictionary<string, string?> { ["CLOUDREVE_PROGRAMS"] = "/no/such/program,/bin/true" });

        Assert.Equal(40001, (await (await app.SignInAsync()).PostApiAsync("admin/tool/thumbExecutable", new { name, executable })).Code);
    }

    [Theory]
    [InlineData("vips", "node")]
    [InlineData("ffmpeg", "node")]
    [InlineData("ffprobe", "/bin/sh")]
    [InlineData("libreOffice", "//attacker.example/share/soffice")]
    public async Task Given_a_program_that_the_operator_does_not_allow_when_it_is_tested_then_it_does_not_run(string name, string executable)
    {
        var answer = await _admin.PostApiAsync("admin/tool/thumbExecutable", new { name, executable });

        Assert.Equal((40001, "The server's operator does not allow this program."), (answer.Code, answer.Msg));
    }

    [Fact]
    public async Task Given_an_address_that_is_reused_when_addresses_are_cleared_then_a_new_one_comes()
    {
        var clock = new FakeTimeProvider();
        var addresses = new DownloadAddresses(App.Services.GetRequiredService<SiteCatalog>(), App.Services.GetRequiredService<PolicyContainers>(), clock);
        var target = new DownloadTarget(null, "empty.txt", IsDownload: false, BytesPerSecond: 0);
        var first = await MakeAsync();
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Same(first, await MakeAsync());

        Assert.Equal(0, (await _admin.SendApiAsync(HttpMethod.Delete, "admin/tool/entityUrlCache")).Code);

        Assert.NotEqual(first.Url, (await MakeAsync()).Url);

        async Task<DownloadAddress> MakeAsync() =>
            await addresses.MakeAsync(await App.GetSiteAsync(), "https://x", target, isFresh: false, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Given_a_site_when_addresses_are_cleared_then_it_costs_two_transactions()
    {
        await App.GetSiteAsync();

        Assert.Equal(AdminCalls.SignInCheck + 2, await App.TransactionsOfAsync(() => _admin.SendApiAsync(HttpMethod.Delete, "admin/tool/entityUrlCache")));
    }

    private static Dictionary<string, string> Settings(int port) => new()
    {
        ["smtpHost"] = "127.0.0.1",
        ["smtpPort"] = $"{port}",
        ["smtpEncryption"] = "0",
        ["fromName"] = "The site",
        ["fromAdress"] = "site@example.com",
    };

    private Task<ApiAnswer> SendAsync(string to, Dictionary<string, string> settings) => _admin.PostApiAsync("admin/tool/mail", new { to, settings });
}
