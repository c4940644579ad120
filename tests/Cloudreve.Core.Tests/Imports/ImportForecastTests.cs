using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class ImportForecastTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    [Fact]
    public async Task Given_a_dry_run_when_a_tree_is_walked_then_no_row_of_the_drive_changes()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt", "src/b/c.txt", "src/b/d/e.jpg");
        await site.ImportAsync("src/b", "/imported/b");
        await site.PutAsync("src/b/new.txt");
        var before = await RowsAsync(site);

        var task = await ForecastAsync(site);

        Assert.Equal(WorkflowTaskStatus.Completed, task.Status);
        Assert.Equal(before, await RowsAsync(site));
        Assert.Empty(await site.Layout.Queue(site.Layout.ThumbnailsQueueName).ReceiveAsync(10, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Given_known_new_and_refused_items_when_a_dry_run_ends_then_each_is_counted()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/b/c.txt", 10), ("src/b/d/e.txt", 20));
        await site.ImportAsync("src");
        await site.PutAsync(("src/a.txt", 40), ("src/b/new.txt", 80), ("src/f/g/h.txt", 160), ("src/why?.txt", 1));

        var task = await ForecastAsync(site);

        Assert.Equal(
            new Dictionary<string, long>
            {
                ["folders"] = 4,
                ["new_folders"] = 2,
                ["files"] = 5,
                ["bytes"] = 310,
                ["new"] = 3,
                ["new_bytes"] = 280,
                ["existing"] = 2,
                ["refused"] = 1,
                ["quota_used"] = 30,
                ["quota_total"] = (await site.Get<SiteCatalog>().GetGroupAsync(Group.AdminId)).MaxStorage,
                ["quota_missing"] = 0,
            },
            task.Counts);
        Assert.StartsWith("src/why?.txt: ", Assert.Single(task.ErrorHistory), StringComparison.Ordinal);
        Assert.Equal(new TaskProgress(6, 3), task.Progress["imported"]);
    }

    [Fact]
    public async Task Given_a_quota_that_is_too_small_when_a_dry_run_ends_then_the_missing_bytes_are_named()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var group = await site.Get<SiteCatalog>().GetGroupAsync(Group.UserId);
        await site.Get<SiteCatalog>().SaveGroupAsync(group with { MaxStorage = 250 });
        var user = await site.Get<UserStore>().CreateAsync(new NewUser("user@example.com", null, Group.UserId));
        await site.PutAsync(("src/a", 100), ("src/b", 100), ("src/c", 100));

        var task = await ForecastAsync(site, userId: user.Id);

        Assert.Equal((250, 50, 3), (task.Counts["quota_total"], task.Counts["quota_missing"], task.Counts["new"]));
        Assert.Equal(0, await site.UsedAsync(user.Id));
    }

    [Fact]
    public async Task Given_more_folders_and_pages_than_one_group_takes_when_a_dry_run_walks_them_then_none_is_lost()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 5100).Select(i => ($"src/large/f{i:d5}", 1)).Concat(Enumerable.Range(0, 40).Select(i => ($"src/d{i}/e{i}/f", 1))));

        var task = await ForecastAsync(site);

        Assert.Equal((5140, 81, 81), (task.Counts["new"], task.Counts["folders"], task.Counts["new_folders"]));
    }

    [Fact]
    public async Task Given_a_dry_run_when_the_import_follows_then_it_does_what_was_said()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a.txt", 3), ("src/b/c.txt", 4));

        var told = await ForecastAsync(site);
        await site.ImportAsync("src");

        Assert.Equal(told.Counts["new"] + told.Counts["new_folders"], (await site.TreeAsync()).Count);
        Assert.Equal(told.Counts["new_bytes"], await site.UsedAsync());
    }

    [Fact]
    public async Task Given_eight_users_with_files_clashes_and_rules_when_they_race_then_each_import_does_what_was_said()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a.txt", 10), ("src/b/c.txt", 20), ("src/b/d/e.txt", 30), ("src/clash/f.txt", 5));
        var users = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => site.Get<UserStore>().CreateAsync(new NewUser($"user{i}@example.com", null, Group.UserId))));
        foreach (var user in users.Where(user => user.Id % 2 == 0))
            await site.ImportAsync("src/b", "/imported/b", userId: user.Id);
        foreach (var user in users.Where(user => user.Id % 3 == 0))
            await site.Tree.Creation.CreateAsync(user.Id, FilePath.ParsePlain("/imported/clash"), new NewEntry(FileType.File), failIfExists: true);
        var policy = await site.Get<SiteCatalog>().GetPolicyAsync(1);
        await site.Get<SiteCatalog>().SavePolicyAsync(policy with { MaxSize = 100, Settings = policy.Settings with { FileType = ["exe"], IsFileTypeDenyList = true } });
        await site.PutAsync(("src/b/new.txt", 40), ("src/b/large.txt", 101), ("src/b/x.exe", 1), ("src/why?.txt", 1), ("src/g/h/i.txt", 50));

        await Task.WhenAll(users.Select(async user =>
        {
            var own = site.Restart();
            var told = (await ForecastAsync(own, user.Id)).Counts;
            var before = await own.UsedAsync(user.Id);
            var folders = await FoldersAsync(own, user.Id);

            var done = await own.ImportAsync("src", userId: user.Id);

            Assert.Equal((told["new"] + told["existing"] + told["refused"], told["new"]), (done.Progress["imported"].Total, done.Progress["imported"].Current));
            Assert.Equal((told["refused"], told["new_bytes"]), (done.Failed, await own.UsedAsync(user.Id) - before));
            Assert.Equal(told["new_folders"], await FoldersAsync(own, user.Id) - folders);
        }));
    }

    private static async Task<int> FoldersAsync(ImportSite site, long userId) =>
        (await site.TreeAsync(userId: userId)).Keys.Count(path => path.EndsWith('/'));

    private static async Task<WorkflowTask> ForecastAsync(ImportSite site, long userId = ImportSite.AdminId)
    {
        var task = await site.Imports.AcceptAsync(new ImportRequest("src", "/imported", userId, 1, Recursive: true, ExtractMediaMeta: true) { IsDryRun = true }, "");
        var reference = new ImportTaskReference(task.Id, task.OwnerId);
        await site.RunAsync(reference);
        return await site.TaskAsync(reference);
    }

    /// <summary>The versions of all rows but those of tasks: a task's id comes from a leased block.</summary>
    private static async Task<Dictionary<string, string>> RowsAsync(ImportSite site)
    {
        var layout = site.Layout;
        var rows = new Dictionary<string, string>();
        foreach (var table in layout.AllTables.Where(t => t.Name != layout.Tasks.Name && t.Name != layout.TaskItems.Name && t.Name != layout.IdLeases.Name))
        {
            await foreach (var row in table.ScanAsync(null))
                rows.Add($"{table.Name}/{row.PartitionKey}/{row.RowKey}", row.ETag);
        }
        Assert.NotEmpty(rows);
        return rows;
    }
}
