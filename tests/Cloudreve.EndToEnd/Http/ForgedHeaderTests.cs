using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Http;

/// <summary>Headers by which a client claims another address or another host.</summary>
public sealed class ForgedHeaderTests(AzuriteServer azurite)
{
    private const int LoginFailed = 40080;

    [Fact]
    public async Task Forged_headers_change_neither_the_limits_of_an_address_nor_the_addresses_of_the_site()
    {
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        await site.Client.PostAsync("file/create", new { uri = "cloudreve://my/empty.txt", type = "file" });

        var address = await SendAsync(site, 1, "file/url", new { uris = new[] { "cloudreve://my/empty.txt" } });
        var upload = await SendAsync(site, 1, "file/upload", new { uri = "cloudreve://my/new.bin", size = 10, policy_id = "any", last_modified = 1 });
        var codes = new List<int>();
        for (var i = 2; i < 14; i++)
            codes.Add(ReadCode(await SendAsync(site, i, "session/token", new { email = SiteClient.AdminEmail, password = "wrong" })));
        var right = await SendAsync(site, 99, "session/token", new { email = SiteClient.AdminEmail, password = SiteClient.AdminPassword });

        var own = site.Address.GetLeftPart(UriPartial.Authority) + '/';
        Assert.StartsWith(own, address.GetProperty("data").GetProperty("urls")[0].GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.StartsWith(own, upload.GetProperty("data").GetProperty("completeURL").GetString(), StringComparison.Ordinal);
        Assert.All(codes, code => Assert.Equal(LoginFailed, code));
        // Ten failures are all that one address has; then even the right password does not count.
        Assert.Equal(LoginFailed, ReadCode(right));
        var activities = (await site.Client.GetAsync("user/setting")).GetProperty("login_activity").EnumerateArray();
        Assert.All(activities, activity => Assert.Equal("127.0.0.1", activity.GetProperty("ip").GetString()));
    }

    private static int ReadCode(JsonElement envelope) => envelope.GetProperty("code").GetInt32();

    private static async Task<JsonElement> SendAsync(Site site, int client, string path, object body)
    {
        using var request = new HttpRequestMessage(path == "file/upload" ? HttpMethod.Put : HttpMethod.Post, "/api/v4/" + path)
        {
            Content = JsonContent.Create(body),
        };
        var address = string.Create(CultureInfo.InvariantCulture, $"203.0.113.{client}");
        request.Headers.Host = "evil.example";
        request.Headers.Add("X-Forwarded-For", address);
        request.Headers.Add("X-Forwarded-Host", "evil.example");
        request.Headers.Add("X-Forwarded-Proto", "https");
        request.Headers.Add("X-Forwarded-Prefix", "/evil");
        request.Headers.Add("Forwarded", $"for={address};host=evil.example;proto=https");
        request.Headers.Add("X-Real-IP", address);
        request.Headers.Add("X-Client-IP", address);
        request.Headers.Add("X-Original-For", address);
        using var answer = await site.Client.Http.SendAsync(request);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }
}
