using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.FileSystem.Locks;
using Cloudreve.Core.Tests.FileSystem.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.FileSystem.Locks;

public sealed class DriveLocksTests(AzuriteServer azurite)
{
    [Theory]
    [InlineData("7-0", "7-f")]
    [InlineData("7-f", "7-0")]
    public async Task Given_a_lock_that_was_taken_since_the_locks_were_read_when_another_one_is_wanted_then_the_first_stays(string first, string second)
    {
        var site = await DriveSite.CreateAsync(azurite);
        var locks = site.Get<DriveLocks>();
        var control = await locks.ReadAsync(DriveSite.Owner);
        await locks.AcquireAsync(control, Lock(first, "/a"));

        await Assert.ThrowsAsync<LockConflictException>(() => locks.AcquireAsync(control, Lock(second, "/a")));

        Assert.Equal([first], (await locks.ReadAsync(DriveSite.Owner)).Locks.Select(l => l.Token));
    }

    [Fact]
    public async Task Given_many_rivals_when_they_want_conflicting_locks_at_once_then_one_gets_it_and_no_other_lock_is_left()
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

    private static async Task<bool> TryAsync(DriveSite process, DriveLock wanted)
    {
        var locks = process.Get<DriveLocks>();
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
