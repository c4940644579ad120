using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>Uploads against competing calls, each a process of its own: the losing call gets a documented error, and nothing is left of it.</summary>
public sealed class UploadRaceTests(AzuriteServer azurite)
{
    private const int Rounds = 5;

    [Theory]
    [InlineData(FileType.File)]
    [InlineData(FileType.Folder)]
    public async Task Given_an_upload_and_a_creation_that_want_one_name_when_both_begin_at_once_then_one_wins(FileType type)
    {
        var site = await UploadSite.CreateAsync(azurite);
        for (var round = 0; round < Rounds; round++)
        {
            var path = $"/same{round}";
            var content = UploadSite.Bytes(250);
            UploadSession? session = null;

            var codes = await Task.WhenAll(
                TryAsync(async () => session = await site.Restart().BeginAsync(path, content.Length)),
                TryAsync(() => ChangeAsync(site, [], (o, w) => o.CreateAsync(w, DriveSite.Path(path), new NewEntry(type), failIfExists: true))));

            Assert.Single(codes, ErrorCode.Ok);
            Assert.Contains(codes.Single(c => c != ErrorCode.Ok), (ErrorCode[])[ErrorCode.ObjectExists, ErrorCode.LockConflict, ErrorCode.NameBeingUploaded]);
            if (session is not null)
            {
                await site.StageAsync(session, content);
                await site.CompleteAsync(session.Id);
            }
            Assert.Equal(session is null ? (type, 0) : (FileType.File, 250), ((await site.FindAsync(path))!.Type, (await site.FindAsync(path))!.Size));
        }
        await site.RecoverAsync();
        await site.AssertExactAsync(bornRows: true);
    }

    [Fact]
    public async Task Given_a_new_name_when_many_write_to_it_at_once_then_none_fails_because_it_exists()
    {
        var site = await UploadSite.CreateAsync(azurite);
        for (var round = 0; round < Rounds; round++)
        {
            var path = $"/new{round}";

            var codes = await Task.WhenAll(Enumerable.Range(1, 4).Select(i => TryAsync(() => site.Restart().WriteAsync(path, UploadSite.Bytes(i)))));

            Assert.Contains(ErrorCode.Ok, codes);
            Assert.DoesNotContain(ErrorCode.ObjectExists, codes);
            Assert.InRange((await site.FindAsync(path))!.Size, 1, 4);
        }
        await site.RecoverAsync();
        await site.AssertExactAsync(bornRows: true);
    }

    [Fact]
    public async Task Given_a_file_when_two_uploads_of_a_version_begin_at_once_then_exactly_one_wins()
    {
        var site = await UploadSite.CreateAsync(azurite);
        for (var round = 0; round < Rounds; round++)
        {
            var path = $"/file{round}";
            await site.WriteAsync(path, UploadSite.Bytes(30));
            var content = UploadSite.Bytes(250);
            UploadSession? session = null;

            var codes = await Task.WhenAll(Enumerable.Range(0, 2).Select(
                _ => TryAsync(async () => session = await site.Restart().BeginAsync(path, content.Length, overwrites: true))));

            Assert.Single(codes, ErrorCode.Ok);
            Assert.Single(codes, ErrorCode.LockConflict);
            await site.StageAsync(session!, content);
            await site.CompleteAsync(session!.Id);
            var file = (await site.FindAsync(path))!;
            Assert.Equal([250, 30], [file.Size, .. file.OtherEntities.Select(l => l.Size)]);
        }
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Theory]
    [InlineData("/d/file", false)]
    [InlineData("/d/file", true)]
    [InlineData("/d", false)]
    [InlineData("/d", true)]
    public async Task Given_an_upload_when_its_place_is_deleted_by_force_while_it_completes_then_nothing_is_left(string deleted, bool overwrites)
    {
        var site = await UploadSite.CreateAsync(azurite);
        for (var round = 0; round < Rounds; round++)
        {
            if (overwrites)
                await site.WriteAsync("/d/file", UploadSite.Bytes(30));
            var content = UploadSite.Bytes(250);
            var session = await site.BeginAsync("/d/file", content.Length, overwrites);
            await site.StageAsync(session, content);

            var codes = await Task.WhenAll(
                TryAsync(() => site.Restart().CompleteAsync(session.Id)),
                TryAsync(() => ChangeAsync(site, [session.LockToken], (o, w) => o.DeleteAsync(w, DriveSite.Path(deleted), keepBlobs: false))));

            Assert.Contains(codes[0], (ErrorCode[])[ErrorCode.Ok, ErrorCode.PathNotFound, ErrorCode.Conflict, ErrorCode.UploadSessionExpired]);
            Assert.Equal(ErrorCode.Ok, codes[1]);
            await site.RecoverAsync();
            Assert.Null(await site.FindAsync(deleted));
            await site.AssertExactAsync();
            Assert.Equal(0, await site.Drive.UsedAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_beginning_upload_when_a_rival_begins_in_between_then_one_wins_and_can_complete(bool overwrites)
    {
        var site = await UploadSite.CreateAsync(azurite);
        for (var moment = 0; ; moment++)
        {
            var path = $"/file{moment}";
            if (overwrites)
                await site.WriteAsync(path, UploadSite.Bytes(30));
            var sessions = new UploadSession?[2];
            var calls = 0;
            var rival = ErrorCode.Continue;
            // The competing call begins just before one of the calls, each in turn.
            var slow = site.Restart(_ =>
            {
                if (calls++ == moment)
                    rival = TryAsync(async () => sessions[1] = await site.Restart().BeginAsync(path, 250, overwrites)).GetAwaiter().GetResult();
                return StorageFault.None;
            });

            var code = await TryAsync(async () => sessions[0] = await slow.BeginAsync(path, 250, overwrites));

            if (rival == ErrorCode.Continue)
                break;
            Assert.Single((ErrorCode[])[code, rival], ErrorCode.Ok);
            var winner = Assert.Single(sessions, session => session is not null)!;
            var content = UploadSite.Bytes(250);
            await site.StageAsync(winner, content);
            await site.CompleteAsync(winner.Id);
            Assert.Equal(content, await site.ReadAsync((await site.FindAsync(path))!));
        }
        await site.RecoverAsync();
        await site.AssertExactAsync(bornRows: true);
    }

    [Fact]
    public async Task Given_many_clients_when_they_upload_to_one_file_at_once_then_the_losers_hear_who_has_it()
    {
        var site = await UploadSite.CreateAsync(azurite);

        var codes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TryAsync(() => site.Restart().BeginAsync("/same", 250))));

        Assert.Single(codes, ErrorCode.Ok);
        Assert.All(
            codes.Where(code => code != ErrorCode.Ok), code => Assert.Contains(code, (ErrorCode[])[ErrorCode.LockConflict, ErrorCode.NameBeingUploaded]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_many_clients_when_they_upload_to_one_file_at_once_then_the_winner_waits_for_none(bool overwrites)
    {
        var site = await UploadSite.CreateAsync(azurite);
        foreach (var path in overwrites ? (string[])["/alone", "/same"] : [])
            await site.WriteAsync(path, UploadSite.Bytes(30));
        var alone = await CountAsync(site, "/alone", overwrites);

        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CountAsync(site, "/same", overwrites)));

        var winner = Assert.Single(tries, t => t.Code == ErrorCode.Ok);
        Assert.Equal(alone.Calls, winner.Calls);
        Assert.All(tries.Where(t => t.Code != ErrorCode.Ok), t => Assert.InRange(t.Calls.Count, 1, alone.Calls.Count));
        Assert.Equal(overwrites ? 560 : 500, await site.Drive.UsedAsync());
        Assert.Equal(2, (await site.Drive.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks.Count);
        Assert.Equal(2, await site.Layout.Uploads.ScanAsync().CountAsync());
    }

    /// <summary>Begins an upload as a process of its own, which has read the site's settings before.</summary>
    /// <returns>The result, and its storage requests.</returns>
    private static async Task<(ErrorCode Code, IReadOnlyList<string> Calls)> CountAsync(UploadSite site, string path, bool overwrites)
    {
        var calls = new List<string>();
        var process = site.Restart(call =>
        {
            lock (calls)
                calls.Add($"{call.Service} {call.Method}");
            return StorageFault.None;
        });
        await process.SettingsAsync();
        await process.Drive.Get<SiteCatalog>().GetPolicyAsync(StoragePolicy.DefaultId);
        foreach (var kind in (IdKind[])[IdKind.File, IdKind.Entity])
            await process.Drive.Get<IdAllocator>().NextAsync(kind);
        calls.Clear();
        var code = await TryAsync(() => process.BeginAsync(path, 250, overwrites));
        return (code, calls);
    }

    private static async Task ChangeAsync(UploadSite site, IReadOnlyCollection<string> tokens, Func<DriveOperations, DriveWork, Task> change)
    {
        var work = new DriveWork(DriveSite.Owner, new Actor(DriveSite.Owner)) { LockTokens = tokens };
        await change(site.Restart().Drive.Operations, work);
    }

    private static async Task<ErrorCode> TryAsync(Func<Task> action)
    {
        try
        {
            await action();
            return ErrorCode.Ok;
        }
        catch (CloudreveException e)
        {
            return e.Code;
        }
    }
}
