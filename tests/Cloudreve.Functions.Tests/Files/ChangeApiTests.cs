using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Rename, move, copy, trash, restore, delete and locks through the API (contract, sections 12 and 13).</summary>
public sealed class ChangeApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_file_when_it_is_renamed_then_the_answer_and_the_listing_have_the_new_name()
    {
        var (client, _) = await NewUserAsync();
        var id = await CreateAsync(client, "cloudreve://my/d/a.txt", "file");

        var renamed = (await client.PostApiAsync("file/rename", new { uri = "cloudreve://my/d/a.txt", new_name = "b c.txt" })).Data;

        Assert.Equal(id, renamed.GetProperty("id").GetString());
        Assert.Equal("cloudreve://my/d/b%20c.txt", renamed.GetProperty("path").GetString());
        Assert.Equal(["b c.txt"], await NamesAsync(client, "cloudreve://my/d"));
    }

    [Theory]
    [InlineData("cloudreve://my/a", "b", 40004)]
    [InlineData("cloudreve://my/a", "x/y", 40052)]
    [InlineData("cloudreve://my/missing", "c", 40016)]
    [InlineData("cloudreve://my", "c", 403)]
    [InlineData("cloudreve://trash/a", "c", 403)]
    public async Task Given_an_impossible_renaming_when_it_is_requested_then_the_code_says_why(string uri, string name, int code)
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");
        await CreateAsync(client, "cloudreve://my/b", "folder");

        Assert.Equal(code, (await client.PostApiAsync("file/rename", new { uri, new_name = name })).Code);

        Assert.Equal(["b", "a"], await NamesAsync(client, "cloudreve://my"));
    }

    [Fact]
    public async Task Given_entries_when_they_are_moved_then_all_that_is_below_comes_along()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/from/f/deep/x", "file");
        await CreateAsync(client, "cloudreve://my/from/g", "file");
        await CreateAsync(client, "cloudreve://my/to", "folder");

        var answer = await client.PostApiAsync(
            "file/move", new { uris = new[] { "cloudreve://my/from/f", "cloudreve://my/from/g" }, dst = "cloudreve://my/to" });

        Assert.Equal(0, answer.Code);
        Assert.Empty(await NamesAsync(client, "cloudreve://my/from"));
        Assert.Equal(["f", "g"], await NamesAsync(client, "cloudreve://my/to"));
        Assert.Equal(["x"], await NamesAsync(client, "cloudreve://my/to/f/deep"));
    }

    [Fact]
    public async Task Given_a_batch_of_which_some_cannot_move_when_requested_then_the_others_do()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");
        await CreateAsync(client, "cloudreve://my/b", "file");
        await CreateAsync(client, "cloudreve://my/to/b", "file");

        var answer = await client.PostApiAsync("file/move", new
        {
            uris = new[] { "cloudreve://my/a", "cloudreve://my/b", "cloudreve://my/none", "cloudreve://my/to" },
            dst = "cloudreve://my/to",
        });

        Assert.Equal(40081, answer.Code);
        var errors = answer.Root.GetProperty("aggregated_error");
        Assert.Equal(40004, errors.GetProperty("cloudreve://my/b").GetProperty("code").GetInt32());
        Assert.Equal(40016, errors.GetProperty("cloudreve://my/none").GetProperty("code").GetInt32());
        Assert.Equal(403, errors.GetProperty("cloudreve://my/to").GetProperty("code").GetInt32());
        Assert.Equal(["a", "b"], await NamesAsync(client, "cloudreve://my/to"));
    }

    [Fact]
    public async Task Given_a_folder_when_it_is_copied_then_both_exist_and_ids_differ()
    {
        var (client, _) = await NewUserAsync();
        var id = await CreateAsync(client, "cloudreve://my/f/sub/x", "file");
        await CreateAsync(client, "cloudreve://my/to", "folder");

        var answer = await client.PostApiAsync("file/move", new { uris = new[] { "cloudreve://my/f" }, dst = "cloudreve://my/to", copy = true });

        Assert.Equal(0, answer.Code);
        var copy = (await ListAsync(client, "cloudreve://my/to/f/sub")).Single();
        Assert.Equal("x", copy.GetProperty("name").GetString());
        Assert.NotEqual(id, copy.GetProperty("id").GetString());
        Assert.Equal(["x"], await NamesAsync(client, "cloudreve://my/f/sub"));
    }

    [Fact]
    public async Task Given_a_deleted_folder_when_the_trash_is_listed_then_it_can_be_restored_by_its_old_name()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/d/f/x", "file");

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/d/f" } })).Code);

        Assert.Empty(await NamesAsync(client, "cloudreve://my/d"));
        var trashed = (await ListAsync(client, "cloudreve://trash")).Single();
        Assert.Equal("f", trashed.GetProperty("name").GetString());
        Assert.EndsWith("@my/d/f", trashed.GetProperty("metadata").GetProperty("sys:restore_uri").GetString(), StringComparison.Ordinal);
        Assert.True(long.Parse(trashed.GetProperty("metadata").GetProperty("sys:expected_collect_time").GetString()!, null) > 1_700_000_000);

        var path = trashed.GetProperty("path").GetString()!;
        Assert.Equal(0, (await client.PostApiAsync("file/restore", new { uris = new[] { path } })).Code);

        Assert.Empty(await ListAsync(client, "cloudreve://trash"));
        Assert.Equal(["x"], await NamesAsync(client, "cloudreve://my/d/f"));
        Assert.False((await ListAsync(client, "cloudreve://my/d")).Single().GetProperty("metadata").TryGetProperty("sys:restore_uri", out _));
    }

    [Fact]
    public async Task Given_a_folder_in_the_trash_when_it_is_listed_or_searched_then_there_is_no_such_path()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/d/f", "file");
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/d" } });
        var path = (await ListAsync(client, "cloudreve://trash")).Single().GetProperty("path").GetString()!;

        Assert.Equal(40016, (await client.GetApiAsync("file?uri=" + Uri.EscapeDataString(path))).Code);
        Assert.Equal(40016, (await client.GetApiAsync("file?uri=" + Uri.EscapeDataString(path + "?name=f"))).Code);
    }

    [Fact]
    public async Task Given_a_name_taken_again_when_its_file_is_restored_then_that_is_a_conflict()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/a" } });
        await CreateAsync(client, "cloudreve://my/a", "file");
        var path = (await ListAsync(client, "cloudreve://trash")).Single().GetProperty("path").GetString()!;

        var answer = await client.PostApiAsync("file/restore", new { uris = new[] { path } });

        Assert.Equal(40081, answer.Code);
        Assert.Equal(40004, answer.Root.GetProperty("aggregated_error").GetProperty(path).GetProperty("code").GetInt32());
        Assert.Single(await ListAsync(client, "cloudreve://trash"));
    }

    [Fact]
    public async Task Given_a_file_in_the_trash_when_deleted_then_only_skipping_the_trash_is_for_good()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/a" } });
        var uris = new[] { (await ListAsync(client, "cloudreve://trash")).Single().GetProperty("path").GetString()! };

        Assert.Equal(40081, (await client.SendApiAsync(HttpMethod.Delete, "file", new { uris })).Code);
        Assert.Single(await ListAsync(client, "cloudreve://trash"));
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file", new { uris, skip_soft_delete = true })).Code);
        Assert.Empty(await ListAsync(client, "cloudreve://trash"));
    }

    [Fact]
    public async Task Given_a_full_trash_when_it_is_emptied_then_it_is_empty_and_the_drive_is_untouched()
    {
        var (client, _) = await NewUserAsync();
        foreach (var name in (string[])["a", "b", "c"])
            await CreateAsync(client, $"cloudreve://my/{name}/x", "file");
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/a", "cloudreve://my/b" } });

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file/trash")).Code);

        Assert.Empty(await ListAsync(client, "cloudreve://trash"));
        Assert.Equal(["c"], await NamesAsync(client, "cloudreve://my"));
    }

    [Fact]
    public async Task Given_a_listed_trash_entry_that_is_not_found_when_the_trash_is_emptied_then_others_go()
    {
        var (client, _) = await NewUserAsync();
        var uris = new[] { "cloudreve://my/a", "cloudreve://my/b" };
        foreach (var uri in uris)
            await CreateAsync(client, uri, "file");
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris });
        var lost = (await ListAsync(client, "cloudreve://trash"))[0].GetProperty("path").GetString()!;
        await foreach (var row in App.Layout.Files.ScanAsync())
        {
            if (row.RowKey == "n|" + lost[(lost.LastIndexOf('/') + 1)..])
                await App.Layout.Files.DeleteAsync(row.PartitionKey, row.RowKey);
        }

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file/trash").WaitAsync(TimeSpan.FromSeconds(60))).Code);

        Assert.InRange((await ListAsync(client, "cloudreve://trash")).Count, 0, 1);
    }

    [Fact]
    public async Task Given_a_group_without_the_permission_when_files_are_unlinked_then_that_is_refused()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");

        var answer = await client.SendApiAsync(
            HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/a" }, unlink = true, skip_soft_delete = true });

        Assert.Equal(403, answer.Code);
        Assert.Equal(["a"], await NamesAsync(client, "cloudreve://my"));
    }

    [Fact]
    public async Task Given_a_locked_file_when_its_folder_is_deleted_then_the_conflict_names_the_lock()
    {
        var (client, user) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/d/a", "file");
        var locks = App.Services.GetRequiredService<DriveLocks>();
        var token = DriveLocks.NewToken(user.Id);
        await locks.AcquireAsync(await locks.ReadAsync(user.Id), new DriveLock
        {
            Token = token,
            OwnerId = user.Id,
            Path = FilePath.ParsePlain("d/a"),
            Application = LockApplication.Upload,
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
        });
        var deletion = new { uris = new[] { "cloudreve://my/d" } };

        var refused = await client.SendApiAsync(HttpMethod.Delete, "file", deletion);

        Assert.Equal(40081, refused.Code);
        var failure = refused.Root.GetProperty("aggregated_error").GetProperty("cloudreve://my/d");
        Assert.Equal(40073, failure.GetProperty("code").GetInt32());
        var conflict = failure.GetProperty("data")[0];
        Assert.Equal("cloudreve://my/d/a", conflict.GetProperty("path").GetString());
        Assert.Equal("upload", conflict.GetProperty("owner").GetProperty("application").GetProperty("type").GetString());
        Assert.Equal(token, conflict.GetProperty("token").GetString());

        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file/lock", new { tokens = new[] { token } })).Code);
        Assert.Equal(0, (await client.SendApiAsync(HttpMethod.Delete, "file", deletion)).Code);
        Assert.Equal(40001, (await client.SendApiAsync(HttpMethod.Delete, "file/lock", new { tokens = new[] { token } })).Code);
    }

    [Fact]
    public async Task Given_somebody_elses_drive_when_it_is_changed_then_each_item_is_refused()
    {
        var (client, _) = await NewUserAsync();
        var (other, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/a", "file");
        await client.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/a" } });
        var trashed = (await ListAsync(client, "cloudreve://trash")).Single().GetProperty("path").GetString()!;

        var answer = await other.PostApiAsync("file/restore", new { uris = new[] { trashed } });

        Assert.Equal(40081, answer.Code);
        Assert.Single(await ListAsync(client, "cloudreve://trash"));
    }

    private async Task<(HttpClient Client, User User)> NewUserAsync()
    {
        var user = await App.CreateUserAsync(groupId: Group.UserId);
        return (await App.SignInAsync(user.Email), user);
    }

    private static async Task<string> CreateAsync(HttpClient client, string uri, string type) =>
        (await client.PostApiAsync("file/create", new { uri, type })).Data.GetProperty("id").GetString()!;

    private static async Task<List<JsonElement>> ListAsync(HttpClient client, string uri)
    {
        var answer = await client.GetApiAsync($"file?uri={Uri.EscapeDataString(uri)}&order_by=name");
        Assert.Equal("", answer.Msg);
        return [.. answer.Data.GetProperty("files").EnumerateArray()];
    }

    private static async Task<List<string>> NamesAsync(HttpClient client, string uri) =>
        [.. (await ListAsync(client, uri)).Select(f => f.GetProperty("name").GetString()!)];
}
