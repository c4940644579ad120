using System.Text.Json;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class SearchApiTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_files_in_folders_when_a_drive_is_searched_then_hits_are_mixed_and_each_has_its_path()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = await SignInAsync(app, "/b/Photo.jpg", "/photo album/x.txt", "/note.txt");

        var data = (await client.GetApiAsync(Search("cloudreve://my?name=photo&case_folding="))).Data;

        Assert.Equal(["cloudreve://my/photo%20album", "cloudreve://my/b/Photo.jpg"], Paths(data.GetProperty("files")));
        Assert.True(data.GetProperty("mixed_type").GetBoolean());
        Assert.True(data.GetProperty("pagination").GetProperty("is_cursor").GetBoolean());
        Assert.False(data.GetProperty("pagination").TryGetProperty("next_token", out _));
        Assert.False(data.TryGetProperty("recursion_limit_reached", out _));
    }

    [Theory]
    [InlineData("cloudreve://my?name=x", null)]
    [InlineData("cloudreve://trash?name=x", "created_at")]
    [InlineData("cloudreve://shared_with_me?name=x", "created_at")]
    [InlineData("cloudreve://trash", "name,size,updated_at,created_at")]
    [InlineData("cloudreve://my", "name,size,updated_at,created_at")]
    public async Task Given_a_search_when_it_answers_then_it_offers_the_orders_that_it_has(string uri, string? orders)
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = await SignInAsync(app, "/x1.txt");

        var options = (await client.GetApiAsync(Search(uri))).Data.GetProperty("props").GetProperty("order_by_options");

        Assert.Equal(orders, options.ValueKind == JsonValueKind.Null ? null : string.Join(',', options.EnumerateArray().Select(o => o.GetString())));
    }

    [Fact]
    public async Task Given_names_of_several_keyboards_when_searched_then_the_form_of_letters_does_not_matter()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = await SignInAsync(app, "/cafe\u0301.txt", "/cafe.txt", "/\uD55C\uAE00.txt");

        var accented = (await client.GetApiAsync(Search("cloudreve://my?name=" + Uri.EscapeDataString("caf\u00E9")))).Data.GetProperty("files");
        var korean = (await client.GetApiAsync(Search("cloudreve://my?name=" + Uri.EscapeDataString("\u1112\u1161\u11AB")))).Data.GetProperty("files");

        Assert.Equal(["cloudreve://my/cafe%CC%81.txt"], Paths(accented));
        Assert.Equal(["cloudreve://my/%ED%95%9C%EA%B8%80.txt"], Paths(korean));
    }

    [Fact]
    public async Task Given_a_category_when_a_folder_is_searched_by_page_then_only_what_is_below_is_found()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        var client = await SignInAsync(app, "/a.png", "/in/b.PNG", "/in/deep/c.jpg", "/in/d.txt");

        var first = (await client.GetApiAsync(Search("cloudreve://my/in?category=image") + "&page_size=1")).Data;
        var token = first.GetProperty("pagination").GetProperty("next_token").GetString()!;
        var second = (await client.GetApiAsync(Search("cloudreve://my/in?category=image") + "&page_size=1&next_page_token=" + Uri.EscapeDataString(token))).Data;

        Assert.StartsWith("0|", token, StringComparison.Ordinal);
        Assert.Equal(["cloudreve://my/in/b.PNG"], Paths(first.GetProperty("files")));
        Assert.Equal(["cloudreve://my/in/deep/c.jpg"], Paths(second.GetProperty("files")));
    }

    [Theory]
    [InlineData("cloudreve://my?category=none", 40001)]
    [InlineData("cloudreve://my?type=both", 40001)]
    [InlineData("cloudreve://my/none?name=x", 40016)]
    public async Task Given_a_bad_search_when_it_is_sent_then_the_documented_code_answers(string uri, int code)
    {
        await using var app = await AppFixture.StartAsync(azurite);

        Assert.Equal(code, (await (await app.SignInAsync()).GetApiAsync(Search(uri))).Code);
    }

    [Fact]
    public async Task Given_a_limit_of_folders_when_a_search_passes_it_then_the_answer_says_so()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["max_recursive_searched_folder"] = "1" });
        var client = await SignInAsync(app, "/x.txt", "/deep/x.txt");

        var data = (await client.GetApiAsync(Search("cloudreve://my?name=x"))).Data;

        Assert.Equal(["cloudreve://my/x.txt"], Paths(data.GetProperty("files")));
        Assert.True(data.GetProperty("recursion_limit_reached").GetBoolean());
    }

    [Fact]
    public async Task Given_the_setting_for_streams_when_a_drive_is_searched_then_files_come_as_events()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["use_sse_for_search"] = "1" });
        var client = await SignInAsync(app, "/x1.txt", "/d/x2.txt");

        using var answer = await client.GetAsync("/api/v4/" + Search("cloudreve://my?name=x"));

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        var events = (await answer.Content.ReadAsStringAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(Read).ToList();
        Assert.Equal(["file", "file", "list"], events.Select(e => e.Type));
        Assert.Equal(["cloudreve://my/x1.txt", "cloudreve://my/d/x2.txt"], events.Take(2).SelectMany(e => Paths(e.Data)));
        Assert.Empty(events[2].Data.GetProperty("files").EnumerateArray());
        Assert.Equal("cloudreve://my", events[2].Data.GetProperty("parent").GetProperty("path").GetString());
    }

    [Fact]
    public async Task Given_the_setting_for_numbered_pages_when_a_folder_is_listed_then_pages_tell_the_total()
    {
        await using var app = await AppFixture.StartAsync(azurite);
        await app.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["use_cursor_pagination"] = "0" });
        var client = await SignInAsync(app, "/a.txt", "/b.txt", "/c.txt", "/d/e.txt");

        var pages = new List<JsonElement>();
        for (var i = 0; i < 3; i++)
            pages.Add((await client.GetApiAsync(Search("cloudreve://my") + $"&page={i}&page_size=2&order_by=name")).Data);

        Assert.Equal(["cloudreve://my/d", "cloudreve://my/a.txt"], Paths(pages[0].GetProperty("files")));
        Assert.Equal(["cloudreve://my/b.txt", "cloudreve://my/c.txt"], Paths(pages[1].GetProperty("files")));
        Assert.Empty(Paths(pages[2].GetProperty("files")));
        Assert.All(pages, p => Assert.Equal(4, p.GetProperty("pagination").GetProperty("total_items").GetInt64()));
        Assert.Equal([0, 1, 2], pages.Select(p => p.GetProperty("pagination").GetProperty("page").GetInt32()));
        Assert.All(pages, p => Assert.False(p.GetProperty("pagination").GetProperty("is_cursor").GetBoolean()));
        Assert.True((await client.GetApiAsync(Search("cloudreve://my?name=a"))).Data.GetProperty("pagination").GetProperty("is_cursor").GetBoolean());
    }

    private static (string Type, JsonElement Data) Read(string text)
    {
        var lines = text.Split('\n');
        return (lines[0]["event: ".Length..], JsonDocument.Parse(lines[1]["data: ".Length..]).RootElement);
    }

    private static IEnumerable<string?> Paths(JsonElement files) => files.EnumerateArray().Select(f => f.GetProperty("path").GetString());

    private static string Search(string uri) => "file?uri=" + Uri.EscapeDataString(uri);

    private static async Task<HttpClient> SignInAsync(AppFixture app, params string[] paths)
    {
        var client = await app.SignInAsync();
        foreach (var path in paths)
            Assert.Equal(0, (await client.PostApiAsync("file/create", new { uri = "cloudreve://my" + path.Replace(" ", "%20", StringComparison.Ordinal), type = "file" })).Code);
        return client;
    }
}
