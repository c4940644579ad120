using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Imports;

public sealed class ImportTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_tree_of_blobs_when_it_is_imported_then_the_drive_holds_the_same_tree()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt", "src/b/c.txt", "src/b/d/e.txt", "other/x.txt");

        var task = await site.ImportAsync("/src");

        Assert.Equal(WorkflowTaskStatus.Completed, task.Status);
        Assert.Equal(0, task.Failed);
        Assert.Equal(
            new Dictionary<string, (long, string)>
            {
                ["a.txt"] = (9, "src/a.txt"),
                ["b/"] = (0, ""),
                ["b/c.txt"] = (11, "src/b/c.txt"),
                ["b/d/"] = (0, ""),
                ["b/d/e.txt"] = (13, "src/b/d/e.txt"),
            },
            await site.TreeAsync());
        Assert.Equal(9 + 11 + 13, await site.UsedAsync());
        Assert.Equal(new TaskProgress(5, 5), task.Progress["indexed"]);
        Assert.Equal(new TaskProgress(3, 3), task.Progress["imported"]);
    }

    [Fact]
    public async Task Given_a_blob_when_it_is_imported_then_the_file_keeps_its_modification_time()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt");
        var blob = await site.Container.FindAsync("src/a.txt");

        await site.ImportAsync("src");

        var file = await site.Tree.ByPath.GetAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/a.txt"));
        Assert.Equal(blob!.LastModified, file.UpdatedAt);
    }

    [Fact]
    public async Task Given_names_with_control_characters_when_imported_then_each_is_named_and_others_come()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt", "src/x\u0001y", "src/bad\u0002folder/b.txt");

        var task = await site.ImportAsync("src");

        Assert.Equal(WorkflowTaskStatus.Completed, task.Status);
        Assert.Equal(["src/bad\u0002folder/: ", "src/x\u0001y: "], task.ErrorHistory.Select(line => line[..(line.IndexOf(": ", StringComparison.Ordinal) + 2)]).Order(StringComparer.Ordinal));
        Assert.Equal(["a.txt"], (await site.TreeAsync()).Keys);
    }

    [Fact]
    public async Task Given_folders_that_cannot_be_listed_when_imported_then_each_is_named_and_others_come()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt", "src/bad/b.txt", "src/c/d.txt", "src/worse/e.txt");
        var broken = site.Restart(call => IsListing(call, "src/bad/") || IsListing(call, "src/worse/") ? StorageFault.Unavailable : StorageFault.None);

        var task = await broken.ImportAsync("src");

        Assert.Equal((WorkflowTaskStatus.Completed, 2), (task.Status, task.Failed));
        Assert.Equal(
            ["src/bad/: The folder cannot be listed.", "src/worse/: The folder cannot be listed."],
            task.ErrorHistory.Select(line => line[..(line.IndexOf('.', StringComparison.Ordinal) + 1)]).Order(StringComparer.Ordinal));
        Assert.Equal(["a.txt", "bad/", "c/", "c/d.txt", "worse/"], (await site.TreeAsync()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_storage_that_is_unavailable_when_a_folder_is_listed_then_the_import_waits_for_it()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt");
        var broken = site.Restart(call => IsListing(call, "") ? StorageFault.Unavailable : StorageFault.None);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => broken.ImportAsync("src"));
    }

    private static bool IsListing(StorageCall call, string prefix)
    {
        var query = Uri.UnescapeDataString(call.Uri.Query);
        return call.Service == StorageService.Blob && query.Contains("comp=list", StringComparison.Ordinal)
            && (prefix.Length == 0 || query.Contains($"prefix={prefix}&", StringComparison.Ordinal) || query.EndsWith($"prefix={prefix}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_blobs_below_the_deepest_place_when_imported_then_they_fail_and_others_come()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var folder = string.Concat(Enumerable.Range(0, 60).Select(i => $"f{i}/"));
        await site.PutAsync($"src/{folder}fits.txt", $"src/{folder}too/deep.txt", "src/top.txt");
        var destination = string.Concat(Enumerable.Repeat("/d", FilePath.MaxDepth - 61));

        var task = await site.ImportAsync("src", destination);

        Assert.Equal(1, task.Failed);
        Assert.Contains($"src/{folder}too/deep.txt", Assert.Single(task.ErrorHistory), StringComparison.Ordinal);
        Assert.Equal([$"{folder}fits.txt", "top.txt"], (await site.TreeAsync(destination)).Keys.Where(path => !path.EndsWith('/')).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_shortcut_of_a_folders_name_when_the_folder_is_imported_then_it_stays_empty()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/link/a.txt", "src/b.txt");
        var shortcut = NewEntry.Folder with { Metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = "cloudreve://x@share" } };
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/imported/link"), shortcut, failIfExists: true);

        var task = await site.ImportAsync("src");

        Assert.Equal(1, task.Failed);
        Assert.Equal(["b.txt", "link/"], (await site.TreeAsync()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_no_recursion_when_a_tree_is_imported_then_only_the_files_of_the_folder_come()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt", "src/b/c.txt");

        await site.ImportAsync("src", recursive: false);

        Assert.Equal(["a.txt"], (await site.TreeAsync()).Keys);
    }

    [Fact]
    public async Task Given_odd_names_when_they_are_imported_then_they_are_kept_exactly()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var longName = string.Concat(Enumerable.Repeat("長", 83)) + "abc.txt"[..6];
        string[] names = ["space and + plus.txt", "100% #1.txt", "ümläut 😀.txt", longName, ".hidden", "tr[ai]ling'quote.txt", "tilde~.txt"];
        await site.PutAsync([.. names.Select(n => "src/" + n)]);

        var task = await site.ImportAsync("src");

        Assert.Equal(0, task.Failed);
        Assert.Equal(255, System.Text.Encoding.UTF8.GetByteCount(longName));
        Assert.Equal(names.Order(StringComparer.Ordinal), (await site.TreeAsync()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_markers_of_empty_folders_when_they_are_imported_then_they_become_folders()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.Container.WriteAsync("src/slash/", BinaryData.FromBytes(Array.Empty<byte>()));
        await site.Container.WriteAsync(
            "src/hns", BinaryData.FromBytes(Array.Empty<byte>()), metadata: new Dictionary<string, string> { ["hdi_isfolder"] = "true" });

        var task = await site.ImportAsync("src");

        Assert.Equal(0, task.Failed);
        Assert.Equal(["hns/", "slash/"], (await site.TreeAsync()).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_a_blob_beside_a_prefix_of_its_name_when_imported_then_the_folder_wins()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a", "src/a/b.txt");

        var reference = await site.AcceptAsync("src");
        await site.RunAsync(reference);

        Assert.Equal(["a/", "a/b.txt"], (await site.TreeAsync()).Keys);
        Assert.Equal("src/a", Assert.Single(await site.FailuresAsync(reference)).Path);
        Assert.Equal(11, await site.UsedAsync());
    }

    [Fact]
    public async Task Given_empty_dot_and_forbidden_segments_when_imported_then_each_is_reported()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a//b.txt", "src/./c.txt", "src/../d.txt", "src/col:on.txt", "src/why?.txt", "src/good.txt");

        var reference = await site.AcceptAsync("src");
        await site.RunAsync(reference);

        Assert.Contains("good.txt", (await site.TreeAsync()).Keys);
        var failures = await site.FailuresAsync(reference);
        Assert.Equal((await site.TaskAsync(reference)).Failed, failures.Count);
        Assert.Contains("src/a//", failures.Select(f => f.Path));
        Assert.Contains("src/col:on.txt", failures.Select(f => f.Path));
        Assert.Contains("src/why?.txt", failures.Select(f => f.Path));
        Assert.All(failures, f => Assert.NotEmpty(f.Reason));
    }

    [Fact]
    public async Task Given_twenty_levels_when_they_are_imported_then_all_of_them_come()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var deep = string.Join('/', Enumerable.Range(1, 20).Select(i => $"level{i}")) + "/leaf.txt";
        await site.PutAsync("src/" + deep);

        await site.ImportAsync("src");

        Assert.Contains(deep, (await site.TreeAsync()).Keys);
    }

    [Fact]
    public async Task Given_more_blobs_than_a_listing_page_when_they_are_imported_then_none_is_missing_or_twice()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 5200).Select(i => ($"src/f{i:d5}", 1)));

        var task = await site.ImportAsync("src");

        Assert.Equal(5200, (await site.TreeAsync()).Count);
        Assert.Equal(5200, await site.UsedAsync());
        Assert.Equal(5200, task.Progress["imported"].Current);
    }

    [Fact]
    public async Task Given_an_imported_tree_when_it_is_imported_again_then_nothing_is_added_and_nothing_charged()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt", "src/b/c.txt");
        await site.ImportAsync("src");
        var before = await site.TreeAsync();

        var again = await site.ImportAsync("src");

        Assert.Equal(before, await site.TreeAsync());
        Assert.Equal(9 + 11, await site.UsedAsync());
        Assert.Equal(0, again.Failed);
        Assert.Equal(0, again.Progress["imported"].Current);
    }

    [Fact]
    public async Task Given_two_imports_into_one_folder_when_they_run_at_once_then_every_file_comes_once()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 300).Select(i => ($"src/d{i % 5}/f{i}", 7)));
        var other = site.Restart();
        var first = await site.AcceptAsync("src");
        var second = await site.AcceptAsync("src");

        await Task.WhenAll(site.RunAsync(first), other.RunAsync(second));

        Assert.Equal(305, (await site.TreeAsync()).Count);
        Assert.Equal(300 * 7, await site.UsedAsync());
        var imported = (await site.TaskAsync(first)).Progress["imported"].Current + (await site.TaskAsync(second)).Progress["imported"].Current;
        Assert.Equal(300, imported);
    }

    [Fact]
    public async Task Given_a_quota_that_is_too_small_when_files_are_imported_then_what_fits_comes()
    {
        var site = await ImportSite.CreateAsync(azurite);
        var group = await site.Get<SiteCatalog>().GetGroupAsync(Group.UserId);
        await site.Get<SiteCatalog>().SaveGroupAsync(group with { MaxStorage = 250 });
        var user = await site.Get<UserStore>().CreateAsync(new NewUser("user@example.com", null, Group.UserId));
        await site.PutAsync(("src/a", 100), ("src/b", 100), ("src/c", 100));

        var reference = await site.AcceptAsync("src", userId: user.Id);
        await site.RunAsync(reference);

        Assert.Equal(["a", "b"], (await site.TreeAsync(userId: user.Id)).Keys);
        Assert.Equal(200, await site.UsedAsync(user.Id));
        Assert.Equal("src/c", Assert.Single(await site.FailuresAsync(reference)).Path);
    }

    [Fact]
    public async Task Given_the_whole_container_when_it_is_imported_then_the_drives_own_area_is_left_out()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("uploads/1/own.bin", "thumbnails/0.webp", "staging/0", "mine.txt");

        await site.ImportAsync("/");

        Assert.Equal(["mine.txt"], (await site.TreeAsync()).Keys);
    }

    [Fact]
    public async Task Given_a_closed_task_when_its_orchestration_comes_back_then_nothing_is_imported()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync("src/a.txt");
        var reference = await site.AcceptAsync("src");
        await site.Imports.BeginAsync(reference);
        var group = Assert.Single(await site.Imports.ClaimAsync(reference, 0, ImportTotals.Zero, []));

        await site.Imports.CloseAsync(reference);

        Assert.False(await site.Imports.BeginAsync(reference));
        Assert.Empty(await site.Imports.ClaimAsync(reference, 0, ImportTotals.Zero, []));
        Assert.Equal(0, (await site.Imports.RunGroupAsync(reference, group)).Totals.Imported);
        await site.Imports.FinishAsync(reference, [], null);
        var task = await site.TaskAsync(reference);
        Assert.Equal(WorkflowTaskStatus.Error, task.Status);
        Assert.Contains("interrupted", task.Error, StringComparison.Ordinal);
        Assert.Empty(await site.TreeAsync());
    }

    [Fact]
    public async Task Given_many_folders_when_groups_are_claimed_then_the_setting_bounds_what_one_import_takes()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 120).Select(i => ($"src/d{i}/f", 1)));
        var reference = await site.AcceptAsync("src");
        await site.Imports.BeginAsync(reference);
        await site.Imports.RunGroupAsync(reference, Assert.Single(await site.Imports.ClaimAsync(reference, 0, ImportTotals.Zero, [])));

        var groups = await site.Imports.ClaimAsync(reference, 1, ImportTotals.Zero, []);

        Assert.Equal(4, groups.Count);
    }

    [Fact]
    public async Task Given_recorded_failures_when_a_lost_import_is_ended_then_the_first_stay_in_the_task()
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, 25).Select(i => ($"src/bad|{i:d2}", 1)).Append(("src/good", 1)));
        var reference = await site.AcceptAsync("src");
        await site.Imports.BeginAsync(reference);
        await site.Imports.RunGroupAsync(reference, Assert.Single(await site.Imports.ClaimAsync(reference, 0, ImportTotals.Zero, [])));

        await site.Imports.CloseAsync(reference);
        await site.Imports.FinishAsync(reference, failures: null, error: null);

        var task = await site.TaskAsync(reference);
        Assert.Equal((WorkflowTaskStatus.Error, 25L, 20), (task.Status, task.Failed, task.ErrorHistory.Count));
        Assert.StartsWith("src/bad|00: ", task.ErrorHistory[0], StringComparison.Ordinal);
        Assert.Equal(["good"], (await site.TreeAsync()).Keys);
        Assert.Equal(1, await site.UsedAsync());
    }

    [Theory]
    [InlineData("../escape", "/x", ErrorCode.BadParameter)]
    [InlineData("a//b", "/x", ErrorCode.BadParameter)]
    [InlineData("", "/x", ErrorCode.BadParameter)]
    [InlineData("src", "", ErrorCode.BadParameter)]
    [InlineData("uploads/1", "/x", ErrorCode.BadParameter)]
    [InlineData("/uploads", "/x", ErrorCode.BadParameter)]
    [InlineData("thumbnails", "/x", ErrorCode.BadParameter)]
    [InlineData("staging/", "/x", ErrorCode.BadParameter)]
    [InlineData("nowhere", "/x", ErrorCode.ListingFailed)]
    [InlineData("file.tx", "/x", ErrorCode.ListingFailed)]
    [InlineData("src", "/a/../b", ErrorCode.BadParameter)]
    [InlineData("src", "/bad|name", ErrorCode.IllegalName)]
    [InlineData("src", "cloudreve://share/x", ErrorCode.BadParameter)]
    [InlineData("src", "/file.txt/below", ErrorCode.BadParameter)]
    public async Task Given_a_bad_request_when_it_is_checked_then_it_is_refused_and_nothing_is_created(string source, string destination, ErrorCode code)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync([("src/a", 1), ("file.txt", 1)]);
        await site.Tree.Creation.CreateAsync(ImportSite.AdminId, FilePath.ParsePlain("/file.txt"), new NewEntry(FileType.File), failIfExists: true);

        var error = await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptAsync(source, destination));

        Assert.Equal(code, error.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(ImportSite.AdminId, ["import"], [], 10, null)).Tasks);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 0)]
    public async Task Given_files_when_imported_then_those_with_media_are_queued_where_that_was_asked_for(bool isAskedFor, int messages)
    {
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(("src/a.jpg", 1), ("src/b.flac", 1), ("src/c.txt", 1), ("src/empty.jpg", 0));
        var task = await site.Imports.AcceptAsync(new ImportRequest("src", "/imported", ImportSite.AdminId, 1, Recursive: true, isAskedFor), "");

        await site.RunAsync(new ImportTaskReference(task.Id, task.OwnerId));

        var queued = await site.Layout.Queue(site.Layout.ThumbnailsQueueName).ReceiveAsync(10, TimeSpan.FromMinutes(1));
        Assert.Equal(messages, queued.Count);
        Assert.All(queued, message => Assert.StartsWith(MediaRequests.MediaPrefix, message.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_folders_of_files_when_they_are_imported_then_the_transactions_stay_within_the_budget()
    {
        const int Folders = 30;
        const int Files = 30 * 60;
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, Files).Select(i => ($"src/d{i % Folders:d2}/f{i:d5}", 1)));
        await site.PutAsync([("warm/a", 1)]);
        await site.AcceptAsync("warm");
        var reference = await site.AcceptAsync("src");
        using var measured = site.Account.Transactions.Measure();

        await site.RunAsync(reference);

        Assert.InRange(measured.Total, 1, (Files / 20) + (4 * (Folders + 1)) + 20);
    }

    [Fact]
    public async Task Given_a_flat_folder_when_it_is_imported_then_the_transactions_stay_within_the_budget()
    {
        const int Files = 2000;
        var site = await ImportSite.CreateAsync(azurite);
        await site.PutAsync(Enumerable.Range(0, Files).Select(i => ($"src/f{i:d5}", 1)));
        var reference = await site.AcceptAsync("src");
        using var measured = site.Account.Transactions.Measure();

        await site.RunAsync(reference);

        Assert.InRange(measured.Total, 1, (Files / 20) + 4 + 20);
    }
}
