using System.Collections.Concurrent;
using System.Globalization;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Operations;

/// <summary>Competing calls on one drive, each a process of its own: one wins, the others get a documented error, and all rows agree.</summary>
public sealed class DriveRaceTests(AzuriteServer azurite)
{
    private static readonly CopyLimits NoLimits = new(null, 0);

    [Fact]
    public async Task Given_two_folders_when_each_is_moved_into_the_other_at_once_then_no_cycle_arises()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.PutAsync("a/x");
        await site.PutAsync("b/y");

        var codes = await Task.WhenAll(MoveAsync(site, "a", "b"), MoveAsync(site, "b", "a"));

        Assert.Single(codes, ErrorCode.Ok);
        Assert.Contains(codes.Single(c => c != ErrorCode.Ok), (ErrorCode[])[ErrorCode.NoPermission, ErrorCode.PathNotFound, ErrorCode.Conflict]);
        Assert.Equal(4, (await site.ReadAsync()).Count);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_two_trees_when_each_is_moved_below_the_other_at_once_then_no_cycle_arises()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.PutAsync("a/1/2/x");
        await site.PutAsync("b/3/4/y");

        var codes = await Task.WhenAll(MoveAsync(site, "a", "b/3/4"), MoveAsync(site, "b", "a/1/2"), MoveAsync(site, "b/3", "a"), MoveAsync(site, "a/1", "b"));

        Assert.Contains(ErrorCode.Ok, codes);
        Assert.All(codes, c => Assert.Contains(c, (ErrorCode[])[ErrorCode.Ok, ErrorCode.NoPermission, ErrorCode.PathNotFound, ErrorCode.Conflict]));
        // Entries in a cycle cannot be reached from the root.
        Assert.Equal(8, (await site.ReadAsync()).Count);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_many_entries_when_all_get_one_name_at_once_then_one_has_it_and_the_others_clash()
    {
        var site = await DriveSite.CreateAsync(azurite);
        foreach (var name in (string[])["f", "g"])
            await site.PutAsync($"d/{name}");
        foreach (var name in (string[])["p", "q"])
            await site.PutAsync($"d/{name}/x");

        var codes = await Task.WhenAll(((string[])["f", "g", "p", "q"]).Select(
            name => RunAsync(site, (o, w) => o.RenameAsync(w, DriveSite.Path($"d/{name}"), "same", _ => { }))));

        Assert.Single(codes, ErrorCode.Ok);
        Assert.All(codes.Where(c => c != ErrorCode.Ok), c => Assert.Equal(ErrorCode.ObjectExists, c));
        Assert.Equal(7, (await site.ReadAsync()).Count);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_many_files_when_all_move_to_one_name_at_once_then_one_wins_and_none_is_lost()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync("to");
        string[] folders = ["p", "q", "r", "s"];
        foreach (var folder in folders)
            await site.PutAsync($"{folder}/same");

        var codes = await Task.WhenAll(folders.Select(folder => MoveAsync(site, $"{folder}/same", "to")));

        Assert.Single(codes, ErrorCode.Ok);
        Assert.All(codes.Where(c => c != ErrorCode.Ok), c => Assert.Equal(ErrorCode.ObjectExists, c));
        Assert.Equal(4, (await site.ReadAsync()).Count(line => line.Contains("same", StringComparison.Ordinal)));
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_one_file_when_it_is_moved_renamed_trashed_and_deleted_at_once_then_it_has_one_end()
    {
        for (var round = 0; round < 5; round++)
        {
            var site = await DriveSite.CreateAsync(azurite);
            await site.PutAsync("d/f", 10, versions: 2);
            await site.MakeFolderAsync("to");

            await Task.WhenAll(
                MoveAsync(site, "d/f", "to"),
                RunAsync(site, (o, w) => o.RenameAsync(w, DriveSite.Path("d/f"), "g", _ => { })),
                RunAsync(site, (o, w) => o.TrashAsync(w, DriveSite.Path("d/f"), "cloudreve://my/d/f", TimeSpan.FromDays(1))),
                RunAsync(site, (o, w) => o.DeleteAsync(w, DriveSite.Path("d/f"), keepBlobs: false)));

            Assert.InRange((await site.ReadAsync()).Count(line => line.Contains(" File ", StringComparison.Ordinal)), 0, 1);
            var findings = await site.CheckAsync();
            Assert.Empty(findings.Problems);
            Assert.DoesNotContain(findings.Leftovers, l => !l.StartsWith("No file refers", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Given_a_folder_when_deleted_while_files_come_into_it_then_nothing_is_left_behind()
    {
        for (var round = 0; round < 3; round++)
        {
            var site = await DriveSite.CreateAsync(azurite);
            await site.PutAsync("doomed/a");
            await site.PutAsync("x/m", 5);
            await site.PutAsync("x/c", 7);

            await Task.WhenAll(
                MoveAsync(site, "x/m", "doomed"),
                RunAsync(site, (o, w) => o.CopyAsync(w, DriveSite.Path("x/c"), DriveSite.Path("doomed"), NoLimits)),
                RunAsync(site, (o, w) => o.DeleteAsync(w, DriveSite.Path("doomed"), keepBlobs: false)));

            var survivor = site.Restart();
            survivor.Wait(TimeSpan.FromMinutes(20));
            await survivor.Settlement.RecoverAsync(DriveSite.Owner);
            var findings = await survivor.CheckAsync();
            Assert.Empty(findings.Problems);
            Assert.DoesNotContain(findings.Leftovers, l => !l.StartsWith("No file refers", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Given_a_copy_when_the_original_is_deleted_then_the_copy_keeps_its_blob_and_its_bytes()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.PutAsync("d/f", 10, versions: 2);
        var work = DriveSite.NewWork();
        await site.Operations.CopyAsync(work, DriveSite.Path("d"), DriveSite.Path(""), NoLimits, "e");
        Assert.Equal(40, await site.UsedAsync());

        await site.Operations.DeleteAsync(work, DriveSite.Path("d"), keepBlobs: false);

        Assert.Equal(20, await site.UsedAsync());
        site.Wait(TimeSpan.FromHours(1));
        await site.Get<EntityRecycler>().RunAsync();
        Assert.Empty((await site.CheckAsync()).All);
        Assert.Equal(2, (await site.Get<EntityStore>().FindAsync((await site.Tree.ByPath.GetAsync(DriveSite.Owner, DriveSite.Path("e/f"))).EntityIds)).Count);
    }

    [Fact]
    public async Task Given_a_quota_that_is_too_small_when_a_folder_is_copied_then_nothing_is_there_or_charged()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.PutAsync("d/f", 10);
        var work = DriveSite.NewWork();

        var error = await Assert.ThrowsAsync<CloudreveException>(
            () => site.Operations.CopyAsync(work, DriveSite.Path("d"), DriveSite.Path(""), new CopyLimits(15, 0), "e"));

        Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        Assert.Equal(10, await site.UsedAsync());
        Assert.Equal(2, (await site.ReadAsync()).Count);
        Assert.Empty((await site.CheckAsync()).All);
    }

    [Fact]
    public async Task Given_independent_folders_when_sixteen_clients_of_a_process_change_them_then_all_succeed()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var names = await MakeFoldersAsync(site, 48);
        var codes = new ConcurrentBag<ErrorCode>();

        await BoundedParallel.ForEachAsync(names, 16, async (name, _) => codes.Add(await RemoveAsync(site, name)));

        Assert.All(codes, code => Assert.Equal(ErrorCode.Ok, code));
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Given_independent_folders_when_sixteen_processes_change_them_then_all_succeed()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var names = await MakeFoldersAsync(site, 16);

        var codes = await Task.WhenAll(names.Select(name => RemoveAsync(site.Restart(), name)));

        Assert.All(codes, code => Assert.Equal(ErrorCode.Ok, code));
        Assert.Empty((await site.CheckAsync()).Problems);
    }

    [Fact]
    public async Task Given_a_folder_waiting_for_its_turn_when_its_request_is_cancelled_then_others_go_on()
    {
        var turns = new DriveTurns();
        var first = await turns.TakeAsync(1, CancellationToken.None);
        using var cancelled = new CancellationTokenSource();
        var second = turns.TakeAsync(1, cancelled.Token);
        var third = turns.TakeAsync(1, CancellationToken.None);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        first.Dispose();
        using (var turn = await third)
            Assert.True(turn.HasWaited);
        Assert.False(turns.IsTaken(1));
    }

    private static async Task<List<string>> MakeFoldersAsync(DriveSite site, int count)
    {
        await site.MakeFolderAsync("to");
        var names = Enumerable.Range(0, count).Select(i => $"f{i}").ToList();
        foreach (var name in names)
            await site.MakeFolderAsync(name);
        return names;
    }

    private static async Task<ErrorCode> RemoveAsync(DriveSite site, string name)
    {
        var path = DriveSite.Path(name);
        var work = DriveSite.NewWork();
        try
        {
            switch (int.Parse(name[1..], CultureInfo.InvariantCulture) % 3)
            {
                case 0:
                    await site.Operations.MoveAsync(work, path, DriveSite.Path("to"));
                    break;
                case 1:
                    await site.Operations.TrashAsync(work, path, "cloudreve://my/" + name, TimeSpan.FromDays(1));
                    break;
                default:
                    await site.Operations.DeleteAsync(work, path, keepBlobs: false);
                    break;
            }
            return ErrorCode.Ok;
        }
        catch (CloudreveException e)
        {
            return e.Code;
        }
    }

    private static Task<ErrorCode> MoveAsync(DriveSite site, string path, string destination) =>
        RunAsync(site, (o, w) => o.MoveAsync(w, DriveSite.Path(path), DriveSite.Path(destination)));

    private static async Task<ErrorCode> RunAsync(DriveSite site, Func<DriveOperations, DriveWork, Task> change)
    {
        var work = DriveSite.NewWork();
        try
        {
            await change(site.Restart().Operations, work);
            return ErrorCode.Ok;
        }
        catch (CloudreveException e)
        {
            return e.Code;
        }
    }
}
