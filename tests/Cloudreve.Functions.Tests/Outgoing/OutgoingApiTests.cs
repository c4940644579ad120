using System.Globalization;
using System.Net;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Mails;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Site.Captchas;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Smtp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cloudreve.Functions.Tests.Outgoing;

/// <summary>Tests that setting addresses of other servers cannot make the app call private ones.</summary>
public sealed class OutgoingApiTests(AzuriteServer azurite)
{
    // The name service's response for a name that the attacker owns.
    private static readonly ResolveHost s_attackersNames = (host, token) =>
        host.EndsWith(".example", StringComparison.Ordinal) ? Task.FromResult<IPAddress[]>([IPAddress.Loopback]) : Dns.GetHostAddressesAsync(host, token);

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("provider.attacker.example")]
    public async Task Given_a_provider_at_a_private_address_when_somebody_signs_in_with_it_then_it_is_not_called(string host)
    {
        var calls = 0;
        await using var server = await StartServerAsync(_ => Interlocked.Increment(ref calls));
        await using var app = await StartAsync(
            (OpenIdSetting.OidcEnabled, "1"), (OpenIdSetting.OidcIssuer, $"http://{host}:{server.Port}"), (OpenIdSetting.OidcClientId, "id"),
            (OpenIdSetting.QqEnabled, "1"), (OpenIdSetting.QqEndpoint, $"http://{host}:{server.Port}"), (OpenIdSetting.QqClientId, "id"));
        var client = app.CreateClient();

        var oidc = await client.SendApiAsync(HttpMethod.Put, "session/openid", new { provider = 2 });
        var qq = await client.SendApiAsync(HttpMethod.Put, "session/openid", new { provider = 1 });
        var state = System.Web.HttpUtility.ParseQueryString(new Uri(qq.Data.GetString()!).Query)["state"];
        var finished = await client.PostApiAsync("session/openid", new { provider_id = 1, session_id = state, code = "code" });

        Assert.Equal((40080, 40080, 0), (oidc.Code, finished.Code, calls));
    }

    [Fact]
    public async Task Given_a_captcha_server_at_a_private_address_when_an_answer_is_checked_then_it_fails()
    {
        await using var provider = await CaptchaProviderDouble.StartAsync();
        await using var app = await StartAsync(
            (CaptchaSetting.OnLogin, "1"), (CaptchaSetting.Type, CaptchaSetting.Cap), (CaptchaSetting.CapInstance, provider.Address.ToString()), (CaptchaSetting.CapKey, "key"));

        var answer = await app.CreateClient().PostApiAsync(
            "session/token", new { email = AppFixture.AdminEmail, password = AppFixture.Password, ticket = "good" });

        Assert.Equal(40026, answer.Code);
        Assert.Empty(provider.Questions);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("mail.attacker.example")]
    public async Task Given_a_mail_server_at_a_private_address_when_a_mail_is_sent_then_it_is_dropped(string host)
    {
        await using var server = new SmtpServerDouble();
        await using var app = await StartAsync(
            (MailSetting.SmtpHost, host), (MailSetting.SmtpPort, server.Port.ToString(CultureInfo.InvariantCulture)), (MailSetting.FromAddress, "drive@example.com"));
        var user = await app.CreateUserAsync();
        await app.CreateClient().PostApiAsync("user/reset", new { email = user.Email });

        await app.DeliverAsync(app.Layout.MailsQueueName, "SendMail");

        Assert.Null(server.TryReceive());
        Assert.Empty(await app.Layout.Queue(app.Layout.MailsQueueName).ReceiveAsync(1, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Given_a_provider_that_redirects_to_a_private_address_when_signing_in_then_it_is_not_called()
    {
        var calls = 0;
        await using var hidden = await StartServerAsync(_ => Interlocked.Increment(ref calls), "127.0.0.2");
        await using var front = await StartServerAsync(http => http.Response.Redirect($"http://127.0.0.2:{hidden.Port}{http.Request.Path}"));
        await using var app = await StartAsync(
            "127.0.0.1", (OpenIdSetting.OidcEnabled, "1"), (OpenIdSetting.OidcIssuer, $"http://127.0.0.1:{front.Port}"), (OpenIdSetting.OidcClientId, "id"));

        var answer = await app.CreateClient().SendApiAsync(HttpMethod.Put, "session/openid", new { provider = 2 });

        Assert.Equal((40080, 0), (answer.Code, calls));
    }

    private static async Task<ServerDouble> StartServerAsync(Action<HttpContext> answer, string address = "127.0.0.1")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Parse(address), 0));
        var server = builder.Build();
        server.MapFallback(answer.Invoke);
        await server.StartAsync();
        return new ServerDouble(server);
    }

    private Task<AppFixture> StartAsync(params (Setting Setting, string Value)[] values) => StartAsync("", values);

    private async Task<AppFixture> StartAsync(string allowed, params (Setting Setting, string Value)[] values)
    {
        var app = await AppFixture.StartAsync(
            azurite, services => services.AddSingleton(s_attackersNames), new Dictionary<string, string?> { ["CLOUDREVE_PRIVATE_HOSTS"] = allowed });
        await app.Services.GetRequiredService<SettingStore>().SetAsync(values.ToDictionary(value => value.Setting.Key, value => value.Value));
        return app;
    }

    private sealed class ServerDouble(WebApplication app) : IAsyncDisposable
    {
        public int Port { get; } = new Uri(app.Urls.First()).Port;

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
