using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Locks;

public sealed class DriveLocksTests(AzuriteServer azurite)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData("7-0", "7-f")]
    [InlineData("7-f", "7-0")]
    public async Task Given_a_lock_taken_since_locks_were_read_when_another_is_wanted_then_the_first_stays(string first, string second)
    {
        var site = await DriveSite.CreateAsync(azurite);
        var locks = site.Get<DriveLocks>();
        var control = await locks.ReadAsync(DriveSite.Owner);
        await locks.AcquireAsync(control, Lock(first, "/a"));

        await Assert.ThrowsAsync<LockConflictException>(() => locks.AcquireAsync(control, Lock(second, "/a")));

        Assert.Equal([first], (await locks.ReadAsync(DriveSite.Owner)).Locks.Select(l => l.Token));
    }

    [Fact]
    public async Task Given_many_calls_when_they_want_conflicting_locks_at_once_then_one_gets_it()
    {
        for (var round = 0; round < 5; round++)
        {
            var site = await DriveSite.CreateAsync(azurite);

            // The folder's lock reaches down to the file.
            var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(
                n => TryAsync(site.Restart(), Lock(DriveLocks.NewToken(DriveSite.Owner), n == 0 ? "/a" : "/a/b"))));

            Assert.Single(taken, true);
            Assert.Single((await site.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks);
        }
    }

    [Fact]
    public async Task Given_rivals_for_one_path_when_they_want_its_lock_at_once_then_one_gets_it_without_pause()
    {
        var site = await DriveSite.CreateAsync(azurite);
        // A process that paused would wait forever.
        var still = new FakeTimeProvider(DateTimeOffset.UtcNow);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => TryAsync(new DriveLocks(site.Restart().Layout, still), Lock(DriveLocks.NewToken(DriveSite.Owner), "/b")))).WaitAsync(Timeout);

        Assert.Single(taken, true);
        Assert.Single((await site.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks);
    }

    [Fact]
    public async Task Given_a_lock_whose_answer_was_lost_when_it_is_taken_then_it_stays()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var batches = 0;
        var process = site.Restart(call => call.Resource == "$batch" && batches++ == 0 ? StorageFault.AnswerLost : StorageFault.None);

        Assert.True(await TryAsync(process.Get<DriveLocks>(), Lock("7-1", "/b")));

        Assert.Equal(["7-1"], (await site.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks.Select(l => l.Token));
    }

    [Fact]
    public async Task Given_a_path_locked_before_when_its_lock_is_released_then_it_can_be_locked_again()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var locks = site.Get<DriveLocks>();
        Assert.True(await TryAsync(locks, Lock("7-1", "/b")));
        var rows = await Installation.ReadPartitionAsync(site.Layout.Files, ControlPartition);

        await locks.ReleaseAsync(Lock("7-1", "/b"));

        Assert.Equal(rows.Count - 2, (await Installation.ReadPartitionAsync(site.Layout.Files, ControlPartition)).Count);
        Assert.True(await TryAsync(locks, Lock("7-2", "/b")));
    }

    [Fact]
    public async Task Given_a_lock_released_by_token_alone_when_the_path_is_wanted_again_then_it_can_be_locked()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var locks = site.Get<DriveLocks>();
        Assert.True(await TryAsync(locks, Lock("7-1", "/b")));
        await locks.ReleaseAsync(DriveSite.Owner, "7-1");

        Assert.True(await TryAsync(locks, Lock("7-2", "/b")));

        await locks.ReleaseAsync(Lock("7-1", "/b"));
        Assert.Equal(["7-2"], (await locks.ReadAsync(DriveSite.Owner)).Locks.Select(l => l.Token));
    }

    [Fact]
    public async Task Given_many_locks_released_by_tokens_when_locks_are_read_then_their_leftovers_are_swept()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var locks = site.Get<DriveLocks>();
        for (var n = 0; n < 60; n++)
        {
            Assert.True(await TryAsync(locks, Lock($"7-{n}", $"/b{n}")));
            await locks.ReleaseAsync(DriveSite.Owner, $"7-{n}");
        }

        await locks.ReadAsync(DriveSite.Owner);

        Assert.InRange((await Installation.ReadPartitionAsync(site.Layout.Files, ControlPartition)).Count, 0, 20);
    }

    [Fact]
    public async Task Given_many_locks_that_have_expired_when_the_locks_are_read_then_their_rows_are_removed()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var locks = site.Get<DriveLocks>();
        for (var i = 0; i < 60; i++)
            await locks.AcquireAsync(await locks.ReadAsync(DriveSite.Owner), Lock($"7-{i}", $"/f{i}"));
        var later = site.Restart();
        later.Wait(TimeSpan.FromHours(2));

        Assert.Empty((await later.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks);

        Assert.Empty(await site.Layout.Files.QueryAsync(RowRange.Prefix(DriveControl.Partition(DriveSite.Owner), DriveControl.LockPrefix)).ToListAsync());
    }

    private static string ControlPartition => DriveControl.Partition(DriveSite.Owner);

    private static Task<bool> TryAsync(DriveSite process, DriveLock wanted) => TryAsync(process.Get<DriveLocks>(), wanted);

    private static async Task<bool> TryAsync(DriveLocks locks, DriveLock wanted)
    {
        try
        {
            await locks.AcquireAsync(await locks.ReadAsync(DriveSite.Owner), wanted);
            return true;
        }
        catch (LockConflictException)
        {
            return false;
        }
    }

    private static DriveLock Lock(string token, string path) => new()
    {
        Token = token,
        OwnerId = DriveSite.Owner,
        Path = DriveSite.Path(path),
        IsInfinite = path == "/a",
        Application = LockApplication.Upload,
        Type = FileType.File,
        ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
    };
}
