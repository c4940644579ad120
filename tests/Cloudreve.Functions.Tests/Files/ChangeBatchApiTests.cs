using System.Text.Json;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Tests that batches with related items have one outcome, whichever item is faster (contract, section 12).</summary>
public sealed class ChangeBatchApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Theory]
    [InlineData("cloudreve://my/d", "cloudreve://my/d/f")]
    [InlineData("cloudreve://my/d/f", "cloudreve://my/d")]
    [InlineData("cloudreve://my/d/f", "cloudreve://my/d/", "cloudreve://my/d")]
    public async Task Given_a_folder_and_what_is_inside_when_both_are_deleted_then_the_folder_takes_all_along(params string[] uris)
    {
        var client = await NewUserAsync("d/f", "d/g");

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file", new { uris })).Code);

        Assert.Empty(await NamesAsync(client, "cloudreve://my"));
        var trashed = Assert.Single(await ListAsync(client, "cloudreve://trash"));
        await client.PostApiAsync("file/restore", new { uris = new[] { PathOf(trashed) } });
        Assert.Equal(["f", "g"], await NamesAsync(client, "cloudreve://my/d"));
    }

    [Fact]
    public async Task Given_a_folder_and_what_is_inside_when_both_are_moved_then_the_file_stays_in_its_folder()
    {
        var client = await NewUserAsync("d/deep/f", "to/x");

        var answer = await MoveAsync(client, "cloudreve://my/to", "cloudreve://my/d/deep/f", "cloudreve://my/d", "cloudreve://my/d/deep");

        Assert.Equal(0, answer.Code);
        Assert.Equal(["d", "x"], await NamesAsync(client, "cloudreve://my/to"));
        Assert.Equal(["f"], await NamesAsync(client, "cloudreve://my/to/d/deep"));
    }

    [Fact]
    public async Task Given_a_folder_that_cannot_move_when_moved_with_what_is_inside_then_both_stay()
    {
        var client = await NewUserAsync("d/f", "to/d/x");

        var answer = await MoveAsync(client, "cloudreve://my/to", "cloudreve://my/d/f", "cloudreve://my/d");

        Assert.Equal((40004, 40004), (CodeOf(answer, "cloudreve://my/d"), CodeOf(answer, "cloudreve://my/d/f")));
        Assert.Equal(["f"], await NamesAsync(client, "cloudreve://my/d"));
    }

    [Fact]
    public async Task Given_an_item_in_a_missing_folder_when_both_are_deleted_then_it_alone_fails()
    {
        var client = await NewUserAsync("d/f");

        var answer = await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/d", "cloudreve://my/d/none" } });

        Assert.Equal(40016, CodeOf(answer, "cloudreve://my/d/none"));
        Assert.Single(answer.Root.GetProperty("aggregated_error").EnumerateObject());
        Assert.Empty(await NamesAsync(client, "cloudreve://my"));
    }

    [Fact]
    public async Task Given_a_file_trashed_before_its_folder_when_both_are_restored_then_the_folder_comes_first()
    {
        var client = await NewUserAsync("a/b/f");
        foreach (var uri in (string[])["cloudreve://my/a/b/f", "cloudreve://my/a/b", "cloudreve://my/a"])
            await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { uri } });
        var trashed = (await ListAsync(client, "cloudreve://trash")).ToDictionary(f => f.GetProperty("name").GetString()!, PathOf);

        var answer = await client.PostApiAsync("file/restore", new { uris = new[] { trashed["f"], trashed["b"], trashed["a"] } });

        Assert.Equal(0, answer.Code);
        Assert.Equal(["f"], await NamesAsync(client, "cloudreve://my/a/b"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_files_of_one_name_when_they_go_to_one_folder_then_the_first_of_the_request_has_it(bool copy)
    {
        for (var round = 0; round < 5; round++)
        {
            var client = await NewUserAsync("a/n", "b/n", "c/n", "to/x");

            var answer = await client.PostApiAsync(
                "file/move", new { uris = new[] { "cloudreve://my/b/n", "cloudreve://my/a/n", "cloudreve://my/c/n" }, dst = "cloudreve://my/to", copy });

            var errors = answer.Root.GetProperty("aggregated_error").EnumerateObject().Select(e => e.Name).Order(StringComparer.Ordinal);
            Assert.Equal(["cloudreve://my/a/n", "cloudreve://my/c/n"], errors);
        }
    }

    [Fact]
    public async Task Given_many_items_that_do_not_exist_when_they_are_deleted_then_each_costs_one_transaction()
    {
        var client = await NewUserAsync("d/f");
        var uris = Enumerable.Range(0, 300).Select(i => $"cloudreve://my/d/none{i}").ToList();
        ApiAnswer? answer = null;

        // Beside them the folder and the control rows.
        Assert.Equal(300 + 2, await App.TransactionsOfAsync(async () => answer = await client.SendApiAsync(HttpMethod.Delete, "file", new { uris })));

        Assert.Equal(40081, answer!.Code);
        Assert.Equal(300, answer.Root.GetProperty("aggregated_error").EnumerateObject().Count());
    }

    [Fact]
    public async Task Given_items_in_many_missing_folders_when_deleted_then_each_folder_is_looked_up_once()
    {
        var client = await NewUserAsync("a/b/c/d/e/f");
        var uris = Enumerable.Range(0, 100).Select(i => $"cloudreve://my/a/b/c/d/e/none{i}/x").ToList();

        // Five folders, the missing ones, and the control rows.
        Assert.Equal(5 + 100 + 1, await App.TransactionsOfAsync(() => client.SendApiAsync(HttpMethod.Delete, "file", new { uris })));
    }

    private async Task<HttpClient> NewUserAsync(params string[] files)
    {
        var client = await App.SignInAsync((await App.CreateUserAsync(groupId: Group.UserId)).Email);
        foreach (var file in files)
            Assert.Equal(0, (await client.PostApiAsync("file/create", new { uri = "cloudreve://my/" + file, type = "file" })).Code);
        return client;
    }

    private static Task<ApiAnswer> MoveAsync(HttpClient client, string destination, params string[] uris) =>
        client.PostApiAsync("file/move", new { uris, dst = destination });

    private static int CodeOf(ApiAnswer answer, string uri) => answer.Root.GetProperty("aggregated_error").GetProperty(uri).GetProperty("code").GetInt32();

    private static string PathOf(JsonElement file) => file.GetProperty("path").GetString()!;

    private static async Task<List<JsonElement>> ListAsync(HttpClient client, string uri) =>
        [.. (await client.GetApiAsync($"file?uri={Uri.EscapeDataString(uri)}&order_by=name")).Data.GetProperty("files").EnumerateArray()];

    private static async Task<List<string>> NamesAsync(HttpClient client, string uri) =>
        [.. (await ListAsync(client, uri)).Select(f => f.GetProperty("name").GetString()!)];
}
