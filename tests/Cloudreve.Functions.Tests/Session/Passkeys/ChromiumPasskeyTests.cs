using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Browser;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Xunit;

namespace Cloudreve.Functions.Tests.Session.Passkeys;

/// <summary>A real browser with its virtual authenticator against the API.</summary>
public sealed class ChromiumPasskeyTests(AzuriteServer azurite)
{
    private const string Script = """
        (async () => {
          const call = async (method, path, body, token) => {
            const headers = { 'Content-Type': 'application/json' };
            if (token) headers.Authorization = 'Bearer ' + token;
            const answer = await fetch('/api/v4/' + path, { method, headers, body: body && JSON.stringify(body) });
            return await answer.json();
          };
          const login = await call('POST', 'session/token', { email: EMAIL, password: PASSWORD });
          const token = login.data.token.access_token;
          const creation = await call('PUT', 'user/authn', undefined, token);
          const made = await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(creation.data.publicKey) });
          const registered = await call('POST', 'user/authn',
            { response: JSON.stringify(made.toJSON()), name: '{browser}', ua: navigator.userAgent }, token);
          const again = await call('PUT', 'user/authn', undefined, token);
          let excluded = '';
          try {
            await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(again.data.publicKey) });
          } catch (e) {
            excluded = e.name;
          }
          const request = await call('PUT', 'session/authn');
          const found = await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(request.data.options.publicKey) });
          const signedIn = await call('POST', 'session/authn',
            { session_id: request.data.session_id, response: JSON.stringify(found.toJSON()) });
          const me = await call('GET', 'user/me', undefined, signedIn.data.token.access_token);
          return JSON.stringify({ registered, excluded, signedIn, me });
        })()
        """;

    [Fact]
    public async Task Given_chromium_with_an_authenticator_when_a_page_registers_and_signs_in_then_both_succeed()
    {
        await using var app = await AppFixture.StartAsync(azurite, functions: typeof(PasskeyPageFunctions));
        await using var browser = await ChromiumBrowser.StartAsync();
        var page = await OpenAsync(browser.Tools, new Uri($"http://localhost:{app.Address.Port}/passkeys-in-chromium"));

        var result = await RunAsync(browser.Tools, page);

        Assert.Equal(0, result.GetProperty("registered").GetProperty("code").GetInt32());
        Assert.Equal("Chrome", result.GetProperty("registered").GetProperty("data").GetProperty("name").GetString());
        Assert.Equal("InvalidStateError", result.GetProperty("excluded").GetString());
        Assert.Equal(0, result.GetProperty("signedIn").GetProperty("code").GetInt32());
        Assert.Equal(AppFixture.AdminEmail, result.GetProperty("me").GetProperty("data").GetProperty("email").GetString());
    }

    private static async Task<string> OpenAsync(DevToolsClient tools, Uri address)
    {
        var target = (await tools.SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" })).GetProperty("targetId").GetString();
        var attached = await tools.SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true });
        var page = attached.GetProperty("sessionId").GetString()!;
        await tools.SendAsync("WebAuthn.enable", new JsonObject { ["enableUI"] = false }, page);
        var options = new JsonObject
        {
            ["protocol"] = "ctap2",
            ["transport"] = "internal",
            ["hasResidentKey"] = true,
            ["hasUserVerification"] = true,
            ["isUserVerified"] = true,
            ["automaticPresenceSimulation"] = true,
        };
        await tools.SendAsync("WebAuthn.addVirtualAuthenticator", new JsonObject { ["options"] = options }, page);
        await tools.SendAsync("Page.enable", [], page);
        await tools.SendAsync("Page.navigate", new JsonObject { ["url"] = address.AbsoluteUri }, page);
        // The document is there once it says so; a command that comes before that runs in the empty page.
        while (true)
        {
            var here = await EvaluateAsync(tools, page, "document.readyState + ' ' + location.pathname");
            if (here == "complete " + address.AbsolutePath)
                return page;
        }
    }

    private static async Task<JsonElement> RunAsync(DevToolsClient tools, string page)
    {
        var script = Script.Replace("EMAIL", JsonSerializer.Serialize(AppFixture.AdminEmail), StringComparison.Ordinal)
            .Replace("PASSWORD", JsonSerializer.Serialize(AppFixture.Password), StringComparison.Ordinal);
        using var result = JsonDocument.Parse(await EvaluateAsync(tools, page, script));
        return result.RootElement.Clone();
    }

    private static async Task<string> EvaluateAsync(DevToolsClient tools, string page, string script)
    {
        var answer = await tools.SendAsync(
            "Runtime.evaluate", new JsonObject { ["expression"] = script, ["awaitPromise"] = true, ["returnByValue"] = true }, page);
        Assert.False(answer.TryGetProperty("exceptionDetails", out var failure), failure.ToString());
        return answer.GetProperty("result").GetProperty("value").GetString()!;
    }
}

/// <summary>The page of the site on which passkeys are used.</summary>
internal sealed class PasskeyPageFunctions
{
    /// <summary>An empty page.</summary>
    [Function("PasskeyPage")]
    [Requires(AuthClass.None)]
    public static IResult Page([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "passkeys-in-chromium")] HttpRequest request)
    {
        // Answers that say nothing are no pages, and may ask the API for nothing.
        request.HttpContext.Response.Headers.ContentSecurityPolicy = "default-src 'self'";
        return Results.Content("<!doctype html>", "text/html");
    }
}
