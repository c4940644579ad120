using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Passkeys;
using ImageMagick;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Requests that name an account or an object of one.</summary>
internal static class AccountAttempts
{
    // RFC 7636, appendix B.
    private const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["GET /session/oauth/app/{app_id} grant"] = async site =>
            Attempt.Of(HttpMethod.Get, $"session/oauth/app/{await ConsentAsync(site)}") with { Revealed = "Files.Read" },
        ["DELETE /session/oauth/grant/{app_id} grant"] = async site => Attempt.Of(HttpMethod.Delete, $"session/oauth/grant/{await ConsentAsync(site)}"),
        ["DELETE /session/openid/{provider_id} identity"] = UnlinkAsync,
        ["DELETE /user/authn passkey"] = DeletePasskeyAsync,
        ["DELETE /devices/dav/{id} account"] = async site => Attempt.Of(HttpMethod.Delete, "devices/dav/" + await CreateDavAccountAsync(site)),
        ["PATCH /devices/dav/{id} account"] = async site => Attempt.Of(
            HttpMethod.Patch, "devices/dav/" + await CreateDavAccountAsync(site), new { name = "Changed", uri = "cloudreve://my" }) with
        { Revealed = "Changed" },
        ["POST /user/authn registration"] = FinishRegistrationAsync,
        ["GET /user/info/{user_id} user"] = site => Task.FromResult(Attempt.Of(HttpMethod.Get, "user/info/" + site.Alice.Id)),
        ["GET /session/prepare user"] = site => Task.FromResult(Attempt.Of(HttpMethod.Get, "session/prepare?email=" + site.Alice.User.Email)),
        ["GET /user/avatar/{user_id} user"] = ShowAvatarAsync,
        ["GET /user/shares/{user_id} user"] = site => Task.FromResult(Attempt.Of(HttpMethod.Get, $"user/shares/{site.Alice.Id}?page_size=10")),
        ["POST /user user"] = site => Task.FromResult(Attempt.Of(
            HttpMethod.Post, "user", new { email = site.Alice.User.Email, password = "a long password", language = "en-US" })),
        ["POST /user/reset user"] = AskForResetAsync,
        ["GET /user/search user"] = site => Task.FromResult(Attempt.Of(HttpMethod.Get, "user/search?keyword=" + site.Alice.User.Nick)),
    };

    /// <summary>The first user lets an application in; the code that it gets.</summary>
    /// <param name="client">The application.</param>
    public static async Task<string> ConsentAsync(TwoUsers site, OAuthClient client)
    {
        var consent = await TwoUsers.SucceedAsync(site.Alice.Client.PostApiAsync("session/oauth/consent", new
        {
            client_id = client.ClientId.ToString("D"),
            response_type = "code",
            redirect_uri = client.RedirectUris[0],
            scope = string.Join(' ', client.Scopes.Where(scope => scope is OAuthScopes.OpenId or OAuthScopes.FilesRead)),
            state = "x",
            code_challenge = Challenge,
            code_challenge_method = "S256",
        }));
        return consent.GetProperty("code").GetString()!;
    }

    private static async Task<string> ConsentAsync(TwoUsers site)
    {
        await ConsentAsync(site, (await site.App.Services.GetRequiredService<OAuthClients>().FindEnabledAsync(OAuthClients.DesktopId))!);
        return OAuthClients.DesktopId.ToString("D");
    }

    private static async Task<string> CreateDavAccountAsync(TwoUsers site)
    {
        var account = await TwoUsers.SucceedAsync(
            site.Alice.Client.SendApiAsync(HttpMethod.Put, "devices/dav", new { name = "Laptop", uri = "cloudreve://my" }));
        return account.GetProperty("id").GetString()!;
    }

    private static async Task<Attempt> UnlinkAsync(TwoUsers site)
    {
        site.Provider.Subject = Guid.NewGuid().ToString();
        var begun = await TwoUsers.SucceedAsync(
            site.Alice.Client.SendApiAsync(HttpMethod.Put, "session/openid", new { provider = (int)OpenIdProvider.Oidc, linking = true }));
        var (code, state) = site.Provider.Visit(begun.GetString()!);
        await TwoUsers.SucceedAsync(site.Alice.Client.PostApiAsync(
            "session/openid", new { code, session_id = state, provider_id = (int)OpenIdProvider.Oidc }));
        return Attempt.Of(HttpMethod.Delete, $"session/openid/{(int)OpenIdProvider.Oidc}");
    }

    private static async Task<Attempt> DeletePasskeyAsync(TwoUsers site)
    {
        using var device = new SoftwareAuthenticator { Origin = OriginOf(site) };
        await TwoUsers.SucceedAsync(site.Alice.Client.PostApiAsync("user/authn", await CreateCredentialAsync(site, device)));
        return Attempt.Of(HttpMethod.Delete, "user/authn?id=" + Uri.EscapeDataString(Convert.ToBase64String(device.CredentialId)));
    }

    private static async Task<Attempt> FinishRegistrationAsync(TwoUsers site)
    {
        using var device = new SoftwareAuthenticator { Origin = OriginOf(site) };
        var credential = await CreateCredentialAsync(site, device);
        // Another test may have left the other user with a ceremony of his own.
        await site.Bob.Client.PostApiAsync("user/authn", credential);
        return Attempt.Of(HttpMethod.Post, "user/authn", credential);
    }

    private static async Task<Dictionary<string, string>> CreateCredentialAsync(TwoUsers site, SoftwareAuthenticator device)
    {
        var options = (await TwoUsers.SucceedAsync(site.Alice.Client.SendApiAsync(HttpMethod.Put, "user/authn"))).GetProperty("publicKey");
        return new() { ["response"] = device.Create(options.GetProperty("challenge").GetString()!), ["name"] = "phone", ["ua"] = "x" };
    }

    private static async Task<Attempt> ShowAvatarAsync(TwoUsers site)
    {
        using var image = new MagickImage("gradient:red-blue", 20, 20);
        await TwoUsers.SucceedAsync(site.Alice.Client.SendRawAsync(
            HttpMethod.Put, "user/setting/avatar", new ByteArrayContent(image.ToByteArray(MagickFormat.Png))));
        return Attempt.Of(HttpMethod.Get, "user/avatar/" + site.Alice.Id);
    }

    /// <summary>Anybody may ask for the mail, which goes to the owner's address alone.</summary>
    private static async Task<Attempt> AskForResetAsync(TwoUsers site)
    {
        await site.SetAsync(("smtpHost", "127.0.0.1"), ("fromAdress", "drive@example.com"));
        var owner = await site.NewPersonAsync();
        return Attempt.Of(HttpMethod.Post, "user/reset", new { email = owner.User.Email }) with { Spends = [" reset"] };
    }

    private static string OriginOf(TwoUsers site) => site.App.Address.GetLeftPart(UriPartial.Authority);
}
