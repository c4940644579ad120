using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin.Users;

/// <summary>The list of accounts (contract, section 24).</summary>
public sealed class AdminUserListTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_accounts_when_they_are_listed_then_pages_come_in_order_of_id_with_their_total()
    {
        await using var app = await StartAsync();
        var admin = await app.SignInAsync();

        var first = await ListAsync(admin, page: 1, size: 2);
        var last = await ListAsync(admin, page: 2, size: 3, direction: "asc");

        Assert.Equal(Listed.Of(["cesar", "Bertha Müller"], 4), first);
        Assert.Equal(Listed.Of(["cesar"], 4), last);
        Assert.Equal(Listed.Of([], 4), await ListAsync(admin, page: 9, size: 3));
    }

    [Fact]
    public async Task Given_filters_when_accounts_are_listed_then_all_of_them_hold()
    {
        await using var app = await StartAsync();
        var admin = await app.SignInAsync();

        Assert.Equal(Listed.Of(["cesar"], 1), await ListAsync(admin, filters: new() { ["user_status"] = "inactive" }));
        Assert.Equal(Listed.Of(["admin"], 1), await ListAsync(admin, filters: new() { ["user_group"] = "1", ["user_nick"] = "" }));
        Assert.Equal(Listed.Of(["Bertha Müller"], 1), await ListAsync(admin, filters: new() { ["user_nick"] = "MÜLL" }));
        Assert.Equal(Listed.Of(["cesar", "aaron"], 2), await ListAsync(admin, filters: new() { ["user_email"] = "A", ["user_group"] = "2", ["user_nick"] = "ar" }));
        Assert.Equal(Listed.Of([], 0), await ListAsync(admin, filters: new() { ["user_group"] = "77" }));
    }

    [Theory]
    [InlineData("nick", new[] { "aaron", "admin", "Bertha Müller", "cesar" })]
    [InlineData("email", new[] { "aaron", "admin", "Bertha Müller", "cesar" })]
    [InlineData("storage", new[] { "admin", "Bertha Müller", "cesar", "aaron" })]
    public async Task Given_an_order_when_accounts_are_listed_then_it_holds_both_ways(string order, string[] expected)
    {
        await using var app = await StartAsync();
        var aaron = (await app.Services.GetRequiredService<UserStore>().FindByEmailAsync("aaron@example.com"))!;
        await app.Services.GetRequiredService<QuotaLedger>().ChargeAsync(aaron.Id, "test", 5, null);
        var admin = await app.SignInAsync();

        Assert.Equal(Listed.Of(expected, 4), await ListAsync(admin, order: order, direction: "asc"));
        Assert.Equal(Listed.Of(expected.Reverse(), 4), await ListAsync(admin, order: order, direction: "desc"));
    }

    [Fact]
    public async Task Given_too_many_accounts_to_sort_when_sorted_then_the_administrator_is_told_how_to_narrow()
    {
        await using var app = await StartAsync();
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["admin_list_max_rows"] = "3" });
        var admin = await app.SignInAsync();

        var refused = await admin.PostApiAsync("admin/user", Body(order: "nick"));

        Assert.Equal(40001, refused.Code);
        Assert.Contains("more than 3", refused.Msg, StringComparison.Ordinal);
        Assert.Equal(Listed.Of(["Bertha Müller", "aaron"], 2), await ListAsync(admin, order: "nick", filters: new() { ["user_group"] = "2", ["user_status"] = "active" }));
    }

    [Fact]
    public async Task Given_few_accounts_when_a_page_is_read_then_it_costs_three_calls_and_two_for_each()
    {
        await using var app = await StartAsync();
        var admin = await app.SignInAsync();
        await ListAsync(admin);

        Assert.Equal(AdminCalls.SignInCheck + 3 + (2 * 4), await app.TransactionsOfAsync(() => ListAsync(admin)));
        Assert.Equal(AdminCalls.SignInCheck + 3 + (2 * 1), await app.TransactionsOfAsync(() => ListAsync(admin, page: 2, size: 1)));
    }

    [Theory]
    [InlineData("""{"page":0,"page_size":10}""")]
    [InlineData("""{"page":1,"page_size":0}""")]
    [InlineData("""{"page":1,"page_size":1001}""")]
    [InlineData("""{"page":1,"page_size":10,"order_by":"password"}""")]
    [InlineData("""{"page":1,"page_size":10,"order_direction":"up"}""")]
    [InlineData("""{"page":1,"page_size":10,"conditions":{"user_status":"asleep"}}""")]
    [InlineData("""{"page":1,"page_size":10,"conditions":{"user_group":"x"}}""")]
    [InlineData("""{"page":1,"page_size":10,"conditions":{"user_shoes":"42"}}""")]
    [InlineData("""{"page":1,"page_size":10,"searches":{"user_shoes":"42"}}""")]
    [InlineData("""{"page":"1","page_size":10}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    public async Task Given_a_malformed_request_when_accounts_are_listed_then_it_is_a_bad_parameter(string body)
    {
        await using var app = await StartAsync();

        Assert.Equal(40001, (await (await app.SignInAsync()).SendTextAsync(HttpMethod.Post, "admin/user", body)).Code);
    }

    private sealed record Listed(string Nicks, long Total)
    {
        public static Listed Of(IEnumerable<string> nicks, long total) => new(string.Join(", ", nicks), total);
    }

    private static object Body(int page = 1, int size = 10, string order = "", string direction = "", Dictionary<string, string>? filters = null) =>
        new { page, page_size = size, order_by = order, order_direction = direction, conditions = filters };

    private static async Task<Listed> ListAsync(
        HttpClient client, int page = 1, int size = 10, string order = "", string direction = "", Dictionary<string, string>? filters = null)
    {
        var answer = await client.PostApiAsync("admin/user", Body(page, size, order, direction, filters));
        Assert.Equal(0, answer.Code);
        var pagination = answer.Data.GetProperty("pagination");
        Assert.Equal((page - 1, size), (pagination.GetProperty("page").GetInt32(), pagination.GetProperty("page_size").GetInt32()));
        return Listed.Of([.. answer.Data.GetProperty("users").EnumerateArray().Select(user => user.GetProperty("nick").GetString()!)], pagination.GetProperty("total_items").GetInt64());
    }

    /// <summary>A site with an administrator, two active users and one who is not activated.</summary>
    private async Task<AppFixture> StartAsync()
    {
        var app = await AppFixture.StartAsync(azurite);
        await app.CreateUserAsync("aaron@example.com");
        var bertha = await app.CreateUserAsync("bertha@example.com");
        await app.CreateUserAsync("cesar@example.com", Group.UserId, UserStatus.Inactive);
        await app.Services.GetRequiredService<UserStore>().UpdateAsync(bertha.Id, user => user with { Nick = "Bertha Müller" });
        return app;
    }
}
