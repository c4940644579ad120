using System.Text.Json;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Batches that name one object of the caller's and one of somebody else's: the own one is handled, the other one stays as it is.</summary>
[Collection(TwoUsersTests.Name)]
public sealed class MixedBatchTests(TwoUsers site)
{
    private const int NoPermission = 403;

    public static TheoryData<string, bool> Batches => [.. s_batches.Keys.SelectMany(name => new[] { (name, false), (name, true) })];

    private static readonly Dictionary<string, Func<string[], HttpRequestMessage>> s_batches = new()
    {
        ["delete"] = uris => Attempt.Message(HttpMethod.Delete, "file", new { uris }),
        ["delete for good"] = uris => Attempt.Message(HttpMethod.Delete, "file", new { uris, skip_soft_delete = true }),
        ["move"] = uris => Attempt.Message(HttpMethod.Post, "file/move", new { uris, dst = "cloudreve://my/inbox" }),
        ["copy"] = uris => Attempt.Message(HttpMethod.Post, "file/move", new { uris, dst = "cloudreve://my/inbox", copy = true }),
        ["metadata"] = uris => Attempt.Message(
            HttpMethod.Patch, "file/metadata", new { uris, patches = new[] { new { key = "tag:mine", value = "#ffffff" } } }),
        ["direct links"] = uris => Attempt.Message(HttpMethod.Put, "file/source", new { uris }),
    };

    [Theory]
    [MemberData(nameof(Batches))]
    public async Task Given_a_batch_with_a_foreign_file_when_it_runs_then_only_the_own_one_is_handled(string batch, bool ownFirst)
    {
        var path = site.NewPath("a.txt");
        var (own, foreign) = (site.Bob.Uri(path), site.Alice.Uri(path));
        await TwoUsers.WriteAsync(site.Bob, path, [1]);
        var alices = await RowsOfAsync(() => TwoUsers.WriteAsync(site.Alice, path, [2]));
        var before = await StorageSnapshot.TakeAsync(site.App.Layout);

        var body = await SendAsync(s_batches[batch](ownFirst ? [own, foreign] : [foreign, own]));

        Assert.Equal(40081, body.GetProperty("code").GetInt32());
        var failure = Assert.Single(body.GetProperty("aggregated_error").EnumerateObject());
        Assert.Equal((foreign, NoPermission), (failure.Name, failure.Value.GetProperty("code").GetInt32()));
        Assert.Empty(before.ChangesTo(await StorageSnapshot.TakeAsync(site.App.Layout)).Intersect(alices));
        Assert.True(await IsDoneAsync(batch, path, body), "The caller's own file was not handled.");
    }

    [Fact]
    public async Task Given_own_and_foreign_trash_when_it_is_restored_then_only_the_own_one_comes_back()
    {
        var path = site.NewPath("a.txt");
        await TwoUsers.WriteAsync(site.Bob, path, [1]);
        var own = await TwoUsers.TrashAsync(site.Bob, path);
        var foreign = "";
        var alices = await RowsOfAsync(async () =>
        {
            await TwoUsers.WriteAsync(site.Alice, path, [2]);
            foreign = await TwoUsers.TrashAsync(site.Alice, path);
        });
        var before = await StorageSnapshot.TakeAsync(site.App.Layout);

        var body = await SendAsync(Attempt.Message(HttpMethod.Post, "file/restore", new { uris = new[] { foreign, own } }));

        Assert.Equal(foreign, Assert.Single(body.GetProperty("aggregated_error").EnumerateObject()).Name);
        Assert.Empty(before.ChangesTo(await StorageSnapshot.TakeAsync(site.App.Layout)).Intersect(alices));
        Assert.Equal(0, (await InfoAsync(path)).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_foreign_file_when_addresses_are_requested_then_it_has_none(bool skipsErrors)
    {
        var path = site.NewPath("a.txt");
        await TwoUsers.WriteAsync(site.Bob, path, [1]);
        await TwoUsers.WriteAsync(site.Alice, path, [2]);

        var body = await SendAsync(Attempt.Message(
            HttpMethod.Post, "file/url", new { uris = new[] { site.Alice.Uri(path), site.Bob.Uri(path) }, skip_error = skipsErrors }));

        Assert.Equal(skipsErrors ? 0 : 40081, body.GetProperty("code").GetInt32());
        Assert.Equal(skipsErrors, body.TryGetProperty("data", out var data));
        if (skipsErrors)
            Assert.Equal([true, false], data.GetProperty("urls").EnumerateArray().Select(url => url.GetProperty("url").GetString() == ""));
    }

    [Fact]
    public async Task Given_a_foreign_file_when_an_archive_skips_errors_then_it_holds_the_own_one_alone()
    {
        var path = site.NewPath("a.txt");
        await TwoUsers.WriteAsync(site.Bob, path, [1]);
        await TwoUsers.WriteAsync(site.Alice, path, [2]);

        var body = await SendAsync(Attempt.Message(
            HttpMethod.Post, "file/url", new { uris = new[] { site.Alice.Uri(path), site.Bob.Uri(path) }, skip_error = true, archive = true }));
        using var content = await site.Bob.Client.GetStreamAsync(new Uri(body.GetProperty("data").GetProperty("urls")[0].GetProperty("url").GetString()!));
        using var archive = new System.IO.Compression.ZipArchive(content);

        await using var entry = await Assert.Single(archive.Entries).OpenAsync();
        Assert.Equal(1, entry.ReadByte());
    }

    /// <summary>The rows and blobs that an action makes or changes.</summary>
    private async Task<IReadOnlyList<string>> RowsOfAsync(Func<Task> act)
    {
        var before = await StorageSnapshot.TakeAsync(site.App.Layout);
        await act();
        return before.ChangesTo(await StorageSnapshot.TakeAsync(site.App.Layout));
    }

    private async Task<JsonElement> SendAsync(HttpRequestMessage request)
    {
        using var message = request;
        using var answer = await site.Bob.Client.SendAsync(message);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return body.RootElement.Clone();
    }

    private async Task<bool> IsDoneAsync(string batch, string path, JsonElement body) => batch switch
    {
        "delete" or "delete for good" => (await InfoAsync(path)).Code == 40016,
        "move" => (await InfoAsync(path)).Code == 40016 && (await InfoAsync("inbox/" + Path.GetFileName(path))).Code == 0,
        "copy" => (await InfoAsync(path)).Code == 0 && (await InfoAsync("inbox/" + Path.GetFileName(path))).Code == 0,
        "metadata" => (await InfoAsync(path)).Data.GetProperty("metadata").TryGetProperty("tag:mine", out _),
        _ => Assert.Single(body.GetProperty("data").EnumerateArray()).GetProperty("file_url").GetString() == site.Bob.Uri(path),
    };

    private Task<ApiAnswer> InfoAsync(string path) => site.Bob.Client.GetApiAsync("file/info?uri=" + Uri.EscapeDataString(site.Bob.Uri(path)));
}
