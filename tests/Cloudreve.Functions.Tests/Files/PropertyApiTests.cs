using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Functions.Api.Users;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Metadata, views, pins and activities through the API (contract, sections 9.1, 10 and 23).</summary>
public sealed class PropertyApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_file_and_a_folder_when_metadata_is_patched_then_listings_show_it()
    {
        var client = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");
        await CreateAsync(client, "cloudreve://my/d", "folder");
        var uris = new[] { "cloudreve://my/a", "cloudreve://my/d" };

        Assert.Equal(0, (await PatchAsync(client, uris, new { key = "tag:work", value = "#009688" }, new { key = "customize:icon_color", value = "#d50000" })).Code);
        Assert.All(await ListAsync(client), f => Assert.Equal("#009688", f.GetProperty("metadata").GetProperty("tag:work").GetString()));

        Assert.Equal(0, (await PatchAsync(client, uris, new { key = "tag:work", remove = true })).Code);
        Assert.All(await ListAsync(client), f => Assert.False(f.GetProperty("metadata").TryGetProperty("tag:work", out _)));
    }

    [Theory]
    [InlineData("sys:restore_uri", "x")]
    [InlineData("nonsense", "x")]
    [InlineData("exif:iso", "100")]
    [InlineData("customize:icon_color", "url(javascript:1)")]
    [InlineData("props:unknown", "1")]
    [InlineData("sys:shared_redirect", "cloudreve://my/x")]
    public async Task Given_metadata_that_clients_may_not_set_when_it_is_patched_then_it_is_refused(string key, string value)
    {
        var client = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");

        Assert.Equal(40001, (await PatchAsync(client, ["cloudreve://my/a"], new { key = "tag:x", value = "" }, new { key, value })).Code);

        Assert.False((await ListAsync(client)).Single().GetProperty("metadata").TryGetProperty("tag:x", out _));
    }

    [Fact]
    public async Task Given_a_view_on_a_folder_when_folders_below_are_listed_then_they_inherit_it()
    {
        var client = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a/b/c", "folder");
        var view = new { page_size = 60, view = "list", order = "size", order_direction = "desc", columns = new[] { new { type = 0, width = 200 } } };

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Patch, "file/view", new { uri = "cloudreve://my/a", view })).Code);

        var inherited = await ViewAsync(client, "cloudreve://my/a/b/c");
        Assert.Equal(("list", 60, 200), (inherited.GetProperty("view").GetString(), inherited.GetProperty("page_size").GetInt32(), inherited.GetProperty("columns")[0].GetProperty("width").GetInt32()));
        Assert.Equal("grid", (await ViewAsync(client, "cloudreve://my")).GetProperty("view").GetString());

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Patch, "file/view", new { uri = "cloudreve://my/a" })).Code);
        Assert.Equal("grid", (await ViewAsync(client, "cloudreve://my/a/b/c")).GetProperty("view").GetString());
    }

    [Fact]
    public async Task Given_views_on_the_root_and_the_trash_when_they_are_listed_then_each_has_its_own()
    {
        var client = await NewUserAsync();
        Assert.Equal("list", (await ViewAsync(client, "cloudreve://trash")).GetProperty("view").GetString());

        await client.SendApiAsync(HttpMethod.Patch, "file/view", new { uri = "cloudreve://my", view = new { page_size = 70, view = "gallery" } });
        await client.SendApiAsync(HttpMethod.Patch, "file/view", new { uri = "cloudreve://trash", view = new { page_size = 80, view = "grid" } });

        Assert.Equal("gallery", (await ViewAsync(client, "cloudreve://my")).GetProperty("view").GetString());
        Assert.Equal(80, (await ViewAsync(client, "cloudreve://trash")).GetProperty("page_size").GetInt32());
    }

    [Theory]
    [InlineData("""{"page_size": 10}""")]
    [InlineData("""{"page_size": 100, "view": "cards"}""")]
    [InlineData("""{"page_size": 100, "gallery_width": 5000}""")]
    public async Task Given_a_view_that_makes_no_sense_when_it_is_set_then_it_is_refused(string view)
    {
        var client = await NewUserAsync();

        var answer = await client.SendTextAsync(HttpMethod.Patch, "file/view", $$"""{"uri": "cloudreve://my", "view": {{view}}}""");

        Assert.Equal(40001, answer.Code);
    }

    [Fact]
    public async Task Given_a_place_when_it_is_pinned_twice_then_it_is_there_once_and_another_name_is_a_conflict()
    {
        var client = await NewUserAsync();
        var pin = new { uri = "cloudreve://my/x?name=jpg&case_folding=", name = "Pictures" };

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Put, "file/pin", pin)).Code);
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Put, "file/pin", pin)).Code);
        Assert.Equal(40004, (await client.SendApiAsync(HttpMethod.Put, "file/pin", new { pin.uri, name = "Other" })).Code);
        Assert.Equal("Pictures", Assert.Single(await PinsAsync(client)).GetProperty("name").GetString());

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file/pin", new { pin.uri })).Code);
        Assert.Empty(await PinsAsync(client));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task Given_a_pin_without_a_name_when_pins_are_listed_then_the_name_is_left_out(string? name)
    {
        var client = await NewUserAsync();

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Put, "file/pin", new { uri = "cloudreve://my/x", name })).Code);
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Put, "file/pin", new { uri = "cloudreve://my/x", name = "" })).Code);

        Assert.False(Assert.Single(await PinsAsync(client)).TryGetProperty("name", out _));
    }

    [Fact]
    public void Given_a_pin_that_was_stored_with_an_empty_name_when_it_is_shown_then_the_name_is_left_out() =>
        Assert.Null(PinResponse.Of(new PinnedPlace("cloudreve://my/x", "")).Name);

    [Fact]
    public async Task Pin_ManyPlacesWithLongNames_OtherPreferencesStillHold()
    {
        var client = await NewUserAsync();
        for (var i = 0; i < 45; i++)
            Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Put, "file/pin", new { uri = $"cloudreve://my/{i}", name = new string('文', 255) })).Code);

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Patch, "user/setting", new { preferred_theme = "#123456" })).Code);

        Assert.Equal(45, (await PinsAsync(client)).Count);
    }

    [Theory]
    [InlineData("file/create", "POST")]
    [InlineData("file/upload", "PUT")]
    public async Task Create_SlashInTheName_IsAnIllegalName(string path, string method)
    {
        var client = await NewUserAsync();

        var answer = await client.SendApiAsync(
            new HttpMethod(method), path, new { uri = "cloudreve://my/a%2Fb", type = "file", size = 1, policy_id = "x", last_modified = 0 });

        Assert.Equal(40052, answer.Code);
    }

    [Fact]
    public async Task Given_a_renamed_and_tagged_file_when_activities_are_listed_then_each_is_there_in_order()
    {
        var client = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");
        await client.PostApiAsync("file/rename", new { uri = "cloudreve://my/a", new_name = "b" });
        await PatchAsync(client, ["cloudreve://my/b"], new { key = "tag:x", value = "" });

        var answer = (await client.GetApiAsync("file/activities?page_size=10&order_direction=desc&uri=cloudreve%3A%2F%2Fmy%2Fb")).Data;

        var contents = answer.GetProperty("activities").EnumerateArray().Select(a => a.GetProperty("content")).ToList();
        Assert.Equal([23, 8, 7], contents.Select(c => c.GetProperty("category").GetInt32()));
        Assert.Equal(("a", "b"), (contents[1].GetProperty("original_name").GetString(), contents[1].GetProperty("new_name").GetString()));
    }

    private async Task<HttpClient> NewUserAsync() => await App.SignInAsync((await App.CreateUserAsync()).Email);

    private static Task<ApiAnswer> PatchAsync(HttpClient client, string[] uris, params object[] patches) =>
        client.SendApiAsync(HttpMethod.Patch, "file/metadata", new { uris, patches });

    private static Task<ApiAnswer> CreateAsync(HttpClient client, string uri, string type) => client.PostApiAsync("file/create", new { uri, type });

    private static async Task<List<JsonElement>> ListAsync(HttpClient client) =>
        [.. (await client.GetApiAsync("file?uri=cloudreve%3A%2F%2Fmy")).Data.GetProperty("files").EnumerateArray()];

    private static async Task<JsonElement> ViewAsync(HttpClient client, string uri) =>
        (await client.GetApiAsync($"file?uri={Uri.EscapeDataString(uri)}")).Data.GetProperty("view");

    private static async Task<List<JsonElement>> PinsAsync(HttpClient client) =>
        (await client.GetApiAsync("user/me")).Data.TryGetProperty("pined", out var pins) ? [.. pins.EnumerateArray()] : [];
}
