using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.WebDav;

public sealed class DavAccountApiTests(DavSite site) : IClassFixture<DavSite>
{
    [Fact]
    public async Task Given_a_new_account_when_it_is_listed_then_it_is_told_as_it_was_made()
    {
        var user = await site.NewUserAsync(new { @readonly = true, proxy = true, disable_sys_files = true }, "cloudreve://my/folder");

        var list = await user.Api.GetApiAsync("devices/dav?page_size=10");

        var account = Assert.Single(list.Data.GetProperty("accounts").EnumerateArray());
        Assert.Equal(user.Account.GetRawText(), account.GetRawText());
        Assert.Equal("cloudreve://my/folder", account.GetProperty("uri").GetString());
        Assert.Matches("^[a-z2-7]{32}$", account.GetProperty("password").GetString());
        Assert.True(Boolset.TryParse(account.GetProperty("options").GetString(), out var options) && options == Boolset.Of(0, 1, 2));
    }

    [Fact]
    public async Task Given_more_accounts_than_a_page_when_listed_then_each_comes_once_the_newest_first()
    {
        var user = await site.NewUserAsync();
        for (var i = 0; i < 12; i++)
            await DavSite.CreateAccountAsync(user.Api);

        var first = (await user.Api.GetApiAsync("devices/dav?page_size=10")).Data;
        var token = first.GetProperty("pagination").GetProperty("next_token").GetString();
        var second = (await user.Api.GetApiAsync($"devices/dav?page_size=10&next_page_token={token}")).Data;

        var ids = first.GetProperty("accounts").EnumerateArray().Concat(second.GetProperty("accounts").EnumerateArray())
            .Select(account => account.GetProperty("id").GetString()).ToList();
        Assert.Equal((13, 13), (ids.Count, ids.Distinct().Count()));
        Assert.Equal(user.Account.GetProperty("id").GetString(), ids[^1]);
    }

    [Fact]
    public async Task Given_an_account_when_it_is_changed_then_its_clients_see_the_new_root()
    {
        var user = await site.NewUserAsync();
        await user.MakeFolderAsync("/below");
        await user.PutAsync("/below/a.txt", "a");

        var changed = await user.Api.SendApiAsync(
            HttpMethod.Patch, "devices/dav/" + user.Account.GetProperty("id").GetString(), new { name = "Phone", uri = "cloudreve://my/below", proxy = true });

        Assert.Equal(user.Account.GetProperty("password").GetString(), changed.Data.GetProperty("password").GetString());
        Assert.Equal("a", await user.ReadAsync("/a.txt"));
    }

    [Fact]
    public async Task Given_an_account_when_it_is_deleted_then_its_clients_are_refused()
    {
        var user = await site.NewUserAsync();
        Assert.Equal(207, (await user.SendAsync("PROPFIND", "/")).Status);

        Assert.Equal(0, (await user.Api.SendApiAsync(HttpMethod.Delete, "devices/dav/" + user.Account.GetProperty("id").GetString())).Code);

        Assert.Equal(401, (await user.SendAsync("PROPFIND", "/")).Status);
    }

    [Theory]
    [InlineData("cloudreve://trash", 40001)]
    [InlineData("cloudreve://shared_with_me", 40001)]
    [InlineData("cloudreve://my?name=a", 40001)]
    [InlineData("nonsense", 40001)]
    [InlineData("cloudreve://nobody@my", 403)]
    public async Task Given_a_root_that_no_account_may_have_when_one_is_made_then_it_is_refused(string uri, int code)
    {
        var user = await site.NewUserAsync();

        Assert.Equal(code, (await user.Api.SendApiAsync(HttpMethod.Put, "devices/dav", new { name = "x", uri })).Code);
    }

    [Fact]
    public async Task Given_a_group_without_webdav_when_an_account_is_made_then_the_code_is_40007()
    {
        var user = await site.App.CreateUserAsync();
        var api = await site.App.SignInAsync(user.Email);

        Assert.Equal(40007, (await api.SendApiAsync(HttpMethod.Put, "devices/dav", new { name = "x", uri = "cloudreve://my" })).Code);
    }

    [Fact]
    public async Task Given_many_wrong_passwords_when_more_come_then_they_wait_and_the_right_one_works()
    {
        var user = await site.NewUserAsync();
        var client = site.NewClient(user.User.Email, new string('a', 32));
        var statuses = new List<int>();

        for (var i = 0; i < 12; i++)
            statuses.Add((int)(await client.GetAsync("/dav/a.txt")).StatusCode);

        Assert.Equal((401, 429), (statuses[0], statuses[^1]));
        Assert.Equal(207, (await user.SendAsync("PROPFIND", "/")).Status);
        Assert.Equal(0, (await user.Api.PostApiAsync("session/token", new { email = user.User.Email, password = AppFixture.Password })).Code);
    }
}
