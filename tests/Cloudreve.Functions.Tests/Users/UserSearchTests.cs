using Cloudreve.Core.Accounts;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Users;

public sealed class UserSearchTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_users_when_searched_by_parts_of_names_then_active_ones_come_without_details()
    {
        await using var app = await StartAsync();
        var client = await app.SignInAsync("aaron@example.com");

        Assert.Equal(["aaron"], await SearchAsync(client, "AARON"));
        Assert.Equal(["Bertha Müller"], await SearchAsync(client, "müll"));
        Assert.Equal(["Bertha Müller"], await SearchAsync(client, "bertha@"));
        Assert.Equal(["admin", "aaron", "Bertha Müller"], await SearchAsync(client, "example.com"));
        Assert.Empty(await SearchAsync(client, "nobody"));
        var hit = Assert.Single((await client.GetApiAsync("user/search?keyword=bertha")).Data.EnumerateArray());
        Assert.False(hit.TryGetProperty("status", out _));
        Assert.False(hit.GetProperty("group").TryGetProperty("permission", out _));
        Assert.Equal("bertha@example.com", hit.GetProperty("email").GetString());
    }

    [Fact]
    public async Task Given_a_site_that_hides_addresses_when_users_are_searched_then_only_whole_ones_find()
    {
        await using var app = await StartAsync();
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["expose_user_email"] = "0" });
        var client = await app.SignInAsync("aaron@example.com");

        Assert.Empty(await SearchAsync(client, "bertha@"));
        Assert.Equal(["Bertha Müller"], await SearchAsync(client, "Bertha@example.com"));
        Assert.False(Assert.Single((await client.GetApiAsync("user/search?keyword=bertha")).Data.EnumerateArray()).TryGetProperty("email", out _));
        Assert.Equal(3, (await SearchAsync(await app.SignInAsync(), "example.com")).Count);
    }

    [Fact]
    public async Task Given_warm_caches_when_users_are_searched_then_it_costs_nothing_and_ten_hits_come()
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 12; i++)
            await app.CreateUserAsync($"many{i}@example.com");
        var client = await app.SignInAsync("aaron@example.com");
        var hits = await SearchAsync(client, "many");

        Assert.Equal(10, hits.Count);
        Assert.Equal(0, await app.TransactionsOfAsync(async () => Assert.Equal(hits, await SearchAsync(client, "many"))));
    }

    [Theory]
    [InlineData("user/search", 40001)]
    [InlineData("user/search?keyword=", 40001)]
    [InlineData("user/search?keyword=a", 40001)]
    [InlineData("user/search?keyword=%20a%20", 40001)]
    public async Task Given_too_short_a_keyword_when_users_are_searched_then_it_is_a_bad_parameter(string path, int code)
    {
        await using var app = await AppFixture.StartAsync(azurite);

        Assert.Equal(code, (await (await app.SignInAsync()).GetApiAsync(path)).Code);
        Assert.Equal(401, (await app.CreateClient().GetApiAsync("user/search?keyword=aaron")).Code);
    }

    [Fact]
    public async Task Given_warm_caches_when_me_and_capacity_are_read_then_they_cost_none_and_one_transaction()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = await app.SignInAsync();
        await client.GetApiAsync("user/me");

        Assert.Equal(0, await app.TransactionsOfAsync(() => client.GetApiAsync("user/me")));
        Assert.Equal(1, await app.TransactionsOfAsync(() => client.GetApiAsync("user/capacity")));
    }

    private static async Task<List<string?>> SearchAsync(HttpClient client, string keyword) =>
        [.. (await client.GetApiAsync("user/search?keyword=" + Uri.EscapeDataString(keyword))).Data.EnumerateArray().Select(hit => hit.GetProperty("nickname").GetString())];

    private async Task<AppFixture> StartAsync()
    {
        var app = await AppFixture.StartAsync(azurite);
        await app.CreateUserAsync("aaron@example.com");
        var bertha = await app.CreateUserAsync("bertha@example.com");
        await app.CreateUserAsync("inactive@example.com", status: UserStatus.Inactive);
        await app.CreateUserAsync("banned@example.com", status: UserStatus.ManualBanned);
        await app.Services.GetRequiredService<UserStore>().UpdateAsync(bertha.Id, user => user with { Nick = "Bertha Müller" });
        return app;
    }
}
