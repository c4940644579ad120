using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Session;
using Cloudreve.Testing.Passkeys;
using Cloudreve.Testing.Smtp;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Requests that complete an owner's ceremony, such as a sign-in, with the proof of somebody else.</summary>
internal static partial class ProofAttempts
{
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private const string ClientSecret = "a secret";

    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["POST /session/authn passkey"] = SignInWithPasskeyAsync,
        ["POST /session/oauth/token code"] = ExchangeAsync,
        ["POST /session/openid linking"] = LinkAsync,
        ["POST /session/token user"] = SignInAsync,
        ["POST /session/token/2fa sign-in"] = SignInWithCodeAsync,
        ["GET /user/activate/{id} user"] = ActivateAsync,
        ["PATCH /user/reset/{user_id} user"] = ResetAsync,
    };

    private static Person[] Both(TwoUsers site) => [site.Alice, site.Bob];

    private static async Task<Attempt> SignInWithPasskeyAsync(TwoUsers site)
    {
        var answers = new Dictionary<Person, object>();
        foreach (var person in Both(site))
        {
            using var device = new SoftwareAuthenticator { Origin = site.App.Address.GetLeftPart(UriPartial.Authority) };
            var creation = await TwoUsers.SucceedAsync(person.Client.SendApiAsync(HttpMethod.Put, "user/authn"));
            var response = device.Create(ChallengeOf(creation.GetProperty("publicKey")));
            await TwoUsers.SucceedAsync(person.Client.PostApiAsync("user/authn", new { response, name = "phone", ua = "x" }));
            var begun = await TwoUsers.SucceedAsync(site.App.CreateClient().SendApiAsync(HttpMethod.Put, "session/authn"));
            var assertion = device.Get(ChallengeOf(begun.GetProperty("options").GetProperty("publicKey")), site.Alice.Id);
            answers[person] = new { session_id = begun.GetProperty("session_id").GetString(), response = assertion };
        }
        return new Attempt(person => Attempt.Message(HttpMethod.Post, "session/authn", answers[person])) { Spends = ["passkey-"] };
    }

    /// <summary>The other one is another application here.</summary>
    private static async Task<Attempt> ExchangeAsync(TwoUsers site)
    {
        var clients = new Dictionary<Person, OAuthClient>();
        foreach (var person in Both(site))
        {
            clients[person] = new OAuthClient
            {
                Id = 10 + (int)person.User.Id,
                ClientId = Guid.NewGuid(),
                Name = "An application",
                SecretHash = OAuthClient.Hash(ClientSecret),
                RedirectUris = ["https://app.example/back"],
                Scopes = ["openid"],
                RefreshLifetime = TimeSpan.FromHours(2),
            };
            await site.App.Services.GetRequiredService<OAuthClients>().SaveAsync(clients[person]);
        }
        var codes = new Dictionary<Person, string>();
        foreach (var person in Both(site))
            codes[person] = await AccountAttempts.ConsentAsync(site, clients[site.Alice]);
        return new Attempt(person => Attempt.Message(HttpMethod.Post, "session/oauth/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = clients[person].ClientId.ToString(),
            ["client_secret"] = ClientSecret,
            ["grant_type"] = "authorization_code",
            ["code"] = codes[person],
            ["code_verifier"] = Verifier,
        })))
        { Spends = ["oauth-"] };
    }

    /// <summary>The first user went to the provider to link an identity, and another comes back from there.</summary>
    private static async Task<Attempt> LinkAsync(TwoUsers site)
    {
        var owner = await site.NewPersonAsync();
        var bodies = new Dictionary<Person, object>();
        foreach (var person in Both(site))
        {
            var (code, state) = site.Provider.Visit(await BeginAsync(owner));
            if (person == site.Bob)
                code = site.Provider.Visit(await BeginAsync(person)).Code;
            bodies[person] = new { code, session_id = state, provider_id = (int)OpenIdProvider.Oidc };
        }
        site.Provider.Subject = Guid.NewGuid().ToString();
        return new Attempt(person => Attempt.Message(HttpMethod.Post, "session/openid", bodies[person])) { Spends = ["openid-"] };

        static async Task<string> BeginAsync(Person person) => (await TwoUsers.SucceedAsync(person.Client.SendApiAsync(
            HttpMethod.Put, "session/openid", new { provider = (int)OpenIdProvider.Oidc, linking = true }))).GetString()!;
    }

    private static Task<Attempt> SignInAsync(TwoUsers site) => Task.FromResult(new Attempt(person => Attempt.Message(
        HttpMethod.Post, "session/token", new { email = site.Alice.User.Email, password = person == site.Alice ? AppFixture.Password : "what Bob has" }))
    { Spends = ["!attempts", "logins-"] });

    private static async Task<Attempt> SignInWithCodeAsync(TwoUsers site)
    {
        var codes = new Dictionary<Person, string>();
        var session = "";
        foreach (var person in Both(site))
        {
            var account = await site.NewPersonAsync();
            var phone = new AuthenticatorApp((await TwoUsers.SucceedAsync(account.Client.GetApiAsync("user/setting/2fa"))).GetString()!);
            await TwoUsers.SucceedAsync(account.Client.SendApiAsync(
                HttpMethod.Patch, "user/setting", new { two_fa_enabled = true, two_fa_code = phone.Code(site.Clock.GetUtcNow()) }));
            // The code that switched it on is used up; a clock may be one step off.
            codes[person] = phone.Code(site.Clock.GetUtcNow() + TimeSpan.FromSeconds(30));
            if (person == site.Alice)
                session = await BeginAsync(account.User.Email);
        }
        return new Attempt(person => Attempt.Message(HttpMethod.Post, "session/token/2fa", new { otp = codes[person], session_id = session }))
        { Spends = ["!codes", "logins-"] };

        async Task<string> BeginAsync(string email) =>
            (await site.App.CreateClient().PostApiAsync("session/token", new { email, password = AppFixture.Password })).Data.GetString()!;
    }

    private static async Task<Attempt> ActivateAsync(TwoUsers site)
    {
        var settings = await site.App.GetSiteAsync();
        var ids = new Dictionary<Person, string>();
        var signed = new Dictionary<Person, string>();
        foreach (var person in Both(site))
        {
            var user = await site.App.CreateUserAsync(status: UserStatus.Inactive);
            ids[person] = settings.HashIds.Encode(user.Id, HashIdKind.User);
            signed[person] = AccountMailer.ActivationTextOf(ids[person], user);
        }
        var until = site.Clock.GetUtcNow().AddHours(1);
        return new Attempt(person => Attempt.Message(
            HttpMethod.Get,
            $"user/activate/{ids[site.Alice]}?sign={Uri.EscapeDataString(UrlSigner.Sign(settings, signed[person], until))}"));
    }

    private static async Task<Attempt> ResetAsync(TwoUsers site)
    {
        await using var server = new SmtpServerDouble();
        await site.SetAsync(("smtpHost", "127.0.0.1"), ("smtpPort", $"{server.Port}"), ("fromAdress", "drive@example.com"));
        var secrets = new Dictionary<Person, string>();
        var accounts = new Dictionary<Person, Person>();
        foreach (var person in Both(site))
        {
            accounts[person] = await site.NewPersonAsync();
            await TwoUsers.SucceedAsync(accounts[person].Client.PostApiAsync("user/reset", new { email = accounts[person].User.Email }));
            await SendMailsAsync(site.App);
            for (string? mail = null; secrets.GetValueOrDefault(person) is null; mail = null)
            {
                var received = await server.ReceiveAsync();
                if (received.To.Contains(accounts[person].User.Email, StringComparison.Ordinal))
                    mail = received.Content;
                if (mail is not null)
                    secrets[person] = await SecretOfAsync(mail);
            }
        }
        return new Attempt(person => Attempt.Message(
            HttpMethod.Patch, "user/reset/" + accounts[site.Alice].Id, new { password = "another password", secret = secrets[person] }));
    }

    /// <summary>Runs the queue function.</summary>
    private static async Task SendMailsAsync(AppFixture app)
    {
        foreach (var message in await app.Layout.Queue(app.Layout.MailsQueueName).ReceiveAsync(32, TimeSpan.FromMinutes(1)))
            await app.Services.GetRequiredService<AccountMailer>().SendAsync(message.Body);
    }

    private static async Task<string> SecretOfAsync(string mail)
    {
        using var message = await MimeMessage.LoadAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(mail)));
        return Uri.UnescapeDataString(Secrets().Match(System.Net.WebUtility.HtmlDecode(message.HtmlBody!)).Groups["secret"].Value);
    }

    private static string ChallengeOf(JsonElement options) => options.GetProperty("challenge").GetString()!;

    [GeneratedRegex("secret=(?<secret>[^\"&<]+)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Secrets();
}
