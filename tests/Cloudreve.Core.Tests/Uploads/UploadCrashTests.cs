using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Activities;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Tests.FileSystem.Operations;
using Cloudreve.Core.Uploads;
using Cloudreve.Core.Versions;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Uploads;

/// <summary>The process dies before and after every single storage call; then the client repeats the request, or nobody does.</summary>
public sealed class UploadCrashTests(AzuriteServer azurite)
{
    private static readonly Actor Actor = new(DriveSite.Owner);

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public Task Given_a_crash_while_an_upload_begins_when_it_expires_then_nothing_is_left(StorageFault fault) =>
        AtEveryCallAsync(fault, relay: false, (_, _) => Task.CompletedTask, (site, name) => site.BeginAsync($"/{name}", 250), async (site, name) =>
        {
            await site.RecoverAsync();
            Assert.Null(await site.FindAsync($"/{name}"));
        });

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_file_is_completed_when_completion_is_repeated_then_the_file_has_its_content_once(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        UploadSession? session = null;
        await AtEveryCallAsync(
            fault,
            relay: false,
            async (site, name) => await site.StageAsync(session = await site.BeginAsync($"/{name}", content.Length), content),
            (site, _) => site.CompleteAsync(session!.Id),
            async (site, name) =>
            {
                await site.CompleteAsync(session!.Id);
                Assert.Equal(content, await site.ReadAsync((await site.FindAsync($"/{name}"))!));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_version_is_completed_when_nobody_repeats_it_then_the_file_has_either_content_whole(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(40), UploadSite.Bytes(250) };
        UploadSession? session = null;
        await AtEveryCallAsync(
            fault,
            relay: false,
            async (site, name) =>
            {
                await site.UploadAsync($"/{name}", contents[0]);
                await site.UploadAsync($"/{name}", contents[1], overwrites: true);
                await site.StageAsync(session = await site.BeginAsync($"/{name}", contents[2].Length, overwrites: true), contents[2]);
            },
            (site, _) => site.CompleteAsync(session!.Id),
            async (site, name) =>
            {
                await site.RecoverAsync();
                var file = (await site.FindAsync($"/{name}"))!;
                Assert.Equal(contents[file.Size == 250 ? 2 : 1], await site.ReadAsync(file));
                Assert.Equal(contents[file.Size == 250 ? 1 : 0], await site.ReadBlobAsync(Assert.Single(file.OtherEntities).Id));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_file_is_completed_when_it_is_deleted_before_anybody_repeats_it_then_nothing_is_left(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        UploadSession? session = null;
        await AtEveryCallAsync(
            fault,
            relay: false,
            async (site, name) => await site.StageAsync(session = await site.BeginAsync($"/{name}", content.Length), content),
            (site, _) => site.CompleteAsync(session!.Id),
            async (site, name) =>
            {
                using var work = new Core.FileSystem.Operations.DriveWork(DriveSite.Owner, Actor) { LockTokens = [session!.LockToken] };
                await site.Drive.Operations.DeleteAsync(work, DriveSite.Path($"/{name}"), keepBlobs: false);
                await site.RecoverAsync();
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_the_last_chunk_when_it_is_sent_again_then_the_file_has_its_content_once(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        UploadSession? session = null;
        await AtEveryCallAsync(
            fault,
            relay: true,
            async (site, name) =>
            {
                session = await site.BeginAsync($"/{name}", content.Length);
                await site.TakeAsync(session, 2, content);
                await site.TakeAsync(session, 0, content);
            },
            (site, _) => site.TakeAsync(session!, 1, content),
            async (site, name) =>
            {
                await site.TakeAsync(session!, 1, content);
                Assert.Equal(content, await site.ReadAsync((await site.FindAsync($"/{name}"))!));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_a_cancellation_when_the_upload_expires_then_nothing_is_left(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        UploadSession? session = null;
        await AtEveryCallAsync(
            fault,
            relay: false,
            async (site, name) => await site.StageAsync(session = await site.BeginAsync($"/{name}", content.Length), content),
            (site, _) => site.Drive.Get<UploadCancellation>().CancelAsync(session!.Id, DriveSite.Owner),
            async (site, name) =>
            {
                await site.RecoverAsync();
                Assert.Null(await site.FindAsync($"/{name}"));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_content_is_written_when_nobody_repeats_it_then_the_file_has_either_content_whole(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(40) };
        await AtEveryCallAsync(
            fault,
            relay: false,
            (site, name) => site.WriteAsync($"/{name}", contents[0]),
            (site, name) => site.WriteAsync($"/{name}", contents[1]),
            async (site, name) =>
            {
                await site.RecoverAsync();
                var file = (await site.FindAsync($"/{name}"))!;
                Assert.Equal(contents[file.Size == 30 ? 0 : 1], await site.ReadAsync(file));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_version_is_deleted_when_it_is_repeated_then_it_is_gone_once(StorageFault fault)
    {
        long version = 0;
        await AtEveryCallAsync(
            fault,
            relay: false,
            async (site, name) =>
            {
                version = (await site.WriteAsync($"/{name}", UploadSite.Bytes(30))).PrimaryEntityId;
                await site.WriteAsync($"/{name}", UploadSite.Bytes(40));
            },
            (site, name) => site.Drive.Get<FileVersions>().DeleteAsync(DriveSite.Owner, DriveSite.Path($"/{name}"), version, Actor),
            async (site, name) =>
            {
                try
                {
                    await site.Drive.Get<FileVersions>().DeleteAsync(DriveSite.Owner, DriveSite.Path($"/{name}"), version, Actor);
                }
                catch (CloudreveException e) when (e.Code == ErrorCode.BlobNotFound)
                {
                    // The first try got that far.
                }
                await site.RecoverAsync();
                Assert.Empty((await site.FindAsync($"/{name}"))!.OtherEntities);
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_version_becomes_current_when_it_is_repeated_then_it_is(StorageFault fault)
    {
        var old = UploadSite.Bytes(30);
        long version = 0;
        await AtEveryCallAsync(
            fault,
            relay: false,
            async (site, name) =>
            {
                version = (await site.WriteAsync($"/{name}", old)).PrimaryEntityId;
                await site.WriteAsync($"/{name}", UploadSite.Bytes(40));
            },
            (site, name) => site.Drive.Get<FileVersions>().SetCurrentAsync(DriveSite.Owner, DriveSite.Path($"/{name}"), version, Actor),
            async (site, name) =>
            {
                await site.Drive.Get<FileVersions>().SetCurrentAsync(DriveSite.Owner, DriveSite.Path($"/{name}"), version, Actor);
                await site.RecoverAsync();
                Assert.Equal(old, await site.ReadAsync((await site.FindAsync($"/{name}"))!));
            });
    }

    /// <summary>
    /// Runs an action until it gets through, each time on a new file in a process that dies one call later, and checks the whole site
    /// after each recovery.
    /// </summary>
    private async Task AtEveryCallAsync(
        StorageFault fault, bool relay, Func<UploadSite, string, Task> prepare, Func<UploadSite, string, Task> act, Func<UploadSite, string, Task> recover)
    {
        var site = await UploadSite.CreateAsync(azurite, s => s with { Relay = relay });
        var calls = 0;
        for (var struck = true; struck; calls++)
        {
            var name = $"file{calls}";
            await prepare(site, name);
            var crash = new CrashPoint(calls, fault);
            var dying = site.Restart(crash.Decide);
            await dying.SettingsAsync();
            await dying.Drive.Get<Core.Site.SiteCatalog>().GetPolicyAsync(1);
            crash.IsArmed = true;
            try
            {
                await act(dying, name);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone; the next one knows nothing of it.
            }
            struck = crash.Struck;
            await recover(site.Restart(), name);
            await site.RecoverAsync();
            await site.AssertExactAsync();
            Assert.True(calls < 60, "The action never gets through.");
        }
        Assert.True(calls > 5);
    }
}
