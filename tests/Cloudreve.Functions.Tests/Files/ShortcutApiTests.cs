using System.Text.Json;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>An entry is a shortcut from its creation on, or never (contract, section 9).</summary>
public sealed class ShortcutApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const string Target = "cloudreve://x@share";

    private AppFixture App => shared.App;

    [Theory]
    [InlineData("sys:shared_redirect", Target)]
    [InlineData("sys:shared_owner", null)]
    public async Task Given_an_ordinary_folder_when_a_shortcuts_mark_is_patched_then_it_is_refused(string key, string? value)
    {
        var (client, user) = await App.NewUserAsync();
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/d/f", type = "file" });
        value ??= (await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User);

        var answer = await PatchAsync(client, "cloudreve://my/d", key, value);

        Assert.Equal(40001, answer.Root.GetProperty("aggregated_error").GetProperty("cloudreve://my/d").GetProperty("code").GetInt32());
        Assert.Single((await ListAsync(client, "cloudreve://my/d")).EnumerateArray());
    }

    [Fact]
    public async Task Given_a_shortcut_when_its_destination_is_patched_then_an_invalid_owner_is_refused()
    {
        var (client, _) = await App.NewUserAsync();
        await CreateAsync(client, "link", "folder");

        Assert.Equal(0, (await PatchAsync(client, "cloudreve://my/link", "sys:shared_redirect", "cloudreve://y:pass@share")).Code);
        Assert.Equal(40001, (await PatchAsync(client, "cloudreve://my/link", "sys:shared_owner", "!!")).Code);

        var link = (await ListAsync(client, "cloudreve://my"))[0];
        Assert.Equal("cloudreve://y:pass@share", link.GetProperty("metadata").GetProperty("sys:shared_redirect").GetString());
    }

    [Fact]
    public async Task Given_an_invalid_owner_when_a_shortcut_is_created_then_it_is_refused()
    {
        var (client, _) = await App.NewUserAsync();
        var metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = Target, ["sys:shared_owner"] = "!!" };

        Assert.Equal(40001, (await client.PostApiAsync("file/create", new { uri = "cloudreve://my/link", type = "folder", metadata })).Code);
    }

    [Fact]
    public async Task Given_a_shortcut_to_a_shared_file_when_it_is_used_then_it_is_one_like_those_to_folders()
    {
        var (client, _) = await App.NewUserAsync();
        await CreateAsync(client, "d/link.txt", "file");
        var uris = new[] { "cloudreve://my/d/link.txt" };

        var shortcut = Assert.Single((await ListAsync(client, "cloudreve://shared_with_me")).EnumerateArray());

        Assert.Equal("link.txt", shortcut.GetProperty("name").GetString());
        Assert.Equal(403, (await client.GetApiAsync("file?uri=" + Uri.EscapeDataString(shortcut.GetProperty("path").GetString()!))).Code);
        Assert.Equal(403, (await client.SendApiAsync(HttpMethod.Put, "share", new { uri = uris[0] })).Code);
        Assert.Equal(403, (await client.SendApiAsync(HttpMethod.Put, "file/upload", new { uri = uris[0], size = 1, entity_type = "version" })).Code);
        Assert.Equal(40081, (await client.PostApiAsync("file/url", new { uris })).Code);
        Assert.Equal(40081, (await client.SendApiAsync(HttpMethod.Put, "file/source", new { uris })).Code);
    }

    [Fact]
    public async Task Given_a_shortcut_when_something_is_created_or_uploaded_inside_then_that_is_refused()
    {
        var (client, _) = await App.NewUserAsync();
        await CreateAsync(client, "link", "folder");

        Assert.Equal(403, (await client.PostApiAsync("file/create", new { uri = "cloudreve://my/link/f", type = "file" })).Code);
        Assert.Equal(403, (await client.PostApiAsync("file/create", new { uri = "cloudreve://my/link/deep/d", type = "folder" })).Code);
        Assert.Equal(403, (await client.SendApiAsync(HttpMethod.Put, "file/upload", new { uri = "cloudreve://my/link/f", size = 1 })).Code);
    }

    [Fact]
    public async Task Given_an_upload_with_the_mark_of_shortcuts_when_it_begins_then_it_is_refused()
    {
        var (client, _) = await App.NewUserAsync();
        var metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = Target };

        Assert.Equal(40001, (await client.SendApiAsync(HttpMethod.Put, "file/upload", new { uri = "cloudreve://my/f", size = 1, metadata })).Code);
    }

    private static async Task CreateAsync(HttpClient client, string path, string type)
    {
        var metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = Target };
        Assert.Equal(0, (await client.PostApiAsync("file/create", new { uri = "cloudreve://my/" + path, type, metadata })).Code);
    }

    private static Task<ApiAnswer> PatchAsync(HttpClient client, string uri, string key, string value) =>
        client.SendApiAsync(HttpMethod.Patch, "file/metadata", new { uris = new[] { uri }, patches = new[] { new { key, value } } });

    private static async Task<JsonElement> ListAsync(HttpClient client, string uri) =>
        (await client.GetApiAsync("file?uri=" + Uri.EscapeDataString(uri))).Data.GetProperty("files");
}
