using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Groups;

public sealed class GroupTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_signed_in_user_when_groups_are_listed_then_names_of_those_with_accounts_come()
    {
        var client = await App.SignInAsync();

        var groups = (await client.GetApiAsync("group/list")).Data.EnumerateArray().ToList();

        Assert.Equal(["Admin", "User"], groups.Select(group => group.GetProperty("name").GetString()));
        Assert.All(groups, group => Assert.Equal(2, group.EnumerateObject().Count()));
    }

    [Fact]
    public async Task Given_a_signed_in_user_when_nodes_and_policies_are_listed_then_the_groups_own_come()
    {
        var client = await App.SignInAsync();

        var node = Assert.Single((await client.GetApiAsync("user/setting/nodes")).Data.EnumerateArray());
        var policy = Assert.Single((await client.GetApiAsync("user/setting/policies")).Data.EnumerateArray());

        Assert.Equal("master", node.GetProperty("type").GetString());
        Assert.Equal("Dg==", node.GetProperty("capabilities").GetString());
        Assert.Equal("Default storage policy", policy.GetProperty("name").GetString());
    }

    [Theory]
    [InlineData("user/creditChanges?page_size=10", "changes")]
    [InlineData("user/payments?page_size=50&order_direction=desc", "payments")]
    public async Task Given_a_site_that_sells_nothing_when_points_and_payments_are_listed_then_there_are_none(string path, string list)
    {
        var data = (await (await App.SignInAsync()).GetApiAsync(path)).Data;

        Assert.Empty(data.GetProperty(list).EnumerateArray());
        Assert.True(data.GetProperty("pagination").GetProperty("is_cursor").GetBoolean());
    }

    [Theory]
    [InlineData("user/payments")]
    [InlineData("user/payments?page_size=9")]
    [InlineData("user/creditChanges?page_size=x")]
    [InlineData("user/creditChanges?page_size=10&order_direction=up")]
    [InlineData("user/payments?page_size=10&next_page_token=made-up")]
    public async Task Given_impossible_pages_when_lists_are_asked_then_they_are_bad_parameters(string path) =>
        Assert.Equal(40001, (await (await App.SignInAsync()).GetApiAsync(path)).Code);
}
