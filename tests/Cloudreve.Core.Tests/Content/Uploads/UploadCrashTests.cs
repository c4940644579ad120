using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>The process dies before and after every single storage call; then the client repeats the request, or nobody does.</summary>
public sealed class UploadCrashTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const string File = "/file";

    private static readonly Actor Actor = new(DriveSite.Owner);

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public Task Given_a_crash_while_an_upload_begins_when_it_expires_then_nothing_is_left(StorageFault fault) =>
        AtEveryCallAsync(fault, relay: false, _ => Task.FromResult(0), (site, _) => site.BeginAsync(File, 250), async (site, _) =>
        {
            await site.RecoverAsync();
            Assert.Null(await site.FindAsync(File));
        });

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_file_is_completed_when_repeated_then_the_file_has_its_content_once(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        await AtEveryCallAsync(
            fault,
            relay: false,
            site => BeginStagedAsync(site, content),
            (site, session) => site.CompleteAsync(session.Id),
            async (site, session) =>
            {
                await site.CompleteAsync(session.Id);
                Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_version_is_completed_when_not_repeated_then_either_content_is_whole(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(40), UploadSite.Bytes(250) };
        await AtEveryCallAsync(
            fault,
            relay: false,
            async site =>
            {
                await site.UploadAsync(File, contents[0]);
                await site.UploadAsync(File, contents[1], overwrites: true);
                return await BeginStagedAsync(site, contents[2], overwrites: true);
            },
            (site, session) => site.CompleteAsync(session.Id),
            async (site, _) =>
            {
                await site.RecoverAsync();
                var file = (await site.FindAsync(File))!;
                Assert.Equal(contents[file.Size == 250 ? 2 : 1], await site.ReadAsync(file));
                Assert.Equal(contents[file.Size == 250 ? 1 : 0], await site.ReadBlobAsync(Assert.Single(file.OtherEntities).Id));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_file_is_completed_when_it_is_deleted_first_then_nothing_is_left(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        await AtEveryCallAsync(
            fault,
            relay: false,
            site => BeginStagedAsync(site, content),
            (site, session) => site.CompleteAsync(session.Id),
            async (site, session) =>
            {
                var work = new DriveWork(DriveSite.Owner, Actor) { LockTokens = [session.LockToken] };
                await site.Drive.Operations.DeleteAsync(work, DriveSite.Path(File), keepBlobs: false);
                await site.RecoverAsync();
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_the_last_chunk_when_it_is_sent_again_then_the_file_has_its_content_once(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        await AtEveryCallAsync(
            fault,
            relay: true,
            async site =>
            {
                var session = await site.BeginAsync(File, content.Length);
                await site.TakeAsync(session, 2, content);
                await site.TakeAsync(session, 0, content);
                return session;
            },
            (site, session) => site.TakeAsync(session, 1, content),
            async (site, session) =>
            {
                await site.TakeAsync(session, 1, content);
                Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_at_a_cancellation_when_the_upload_expires_then_nothing_is_left(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        await AtEveryCallAsync(
            fault,
            relay: false,
            site => BeginStagedAsync(site, content),
            (site, session) => site.Drive.Get<UploadCancellation>().CancelAsync(session.Id, DriveSite.Owner),
            async (site, _) =>
            {
                await site.RecoverAsync();
                Assert.Null(await site.FindAsync(File));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_content_is_written_when_not_repeated_then_either_content_is_whole(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(40) };
        await AtEveryCallAsync(
            fault,
            relay: false,
            site => site.WriteAsync(File, contents[0]),
            (site, _) => site.WriteAsync(File, contents[1]),
            async (site, _) =>
            {
                await site.RecoverAsync();
                var file = (await site.FindAsync(File))!;
                Assert.Equal(contents[file.Size == 30 ? 0 : 1], await site.ReadAsync(file));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_version_is_deleted_when_it_is_repeated_then_it_is_gone_once(StorageFault fault)
    {
        await AtEveryCallAsync(
            fault,
            relay: false,
            async site =>
            {
                var version = (await site.WriteAsync(File, UploadSite.Bytes(30))).PrimaryEntityId;
                await site.WriteAsync(File, UploadSite.Bytes(40));
                return version;
            },
            (site, version) => site.Drive.Get<FileVersions>().DeleteAsync(DriveSite.Owner, DriveSite.Path(File), version, Actor),
            async (site, version) =>
            {
                try
                {
                    await site.Drive.Get<FileVersions>().DeleteAsync(DriveSite.Owner, DriveSite.Path(File), version, Actor);
                }
                catch (CloudreveException e) when (e.Code == ErrorCode.BlobNotFound)
                {
                    // The first try got that far.
                }
                await site.RecoverAsync();
                Assert.Empty((await site.FindAsync(File))!.OtherEntities);
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_version_becomes_current_when_it_is_repeated_then_it_is(StorageFault fault)
    {
        var old = UploadSite.Bytes(30);
        await AtEveryCallAsync(
            fault,
            relay: false,
            async site =>
            {
                var version = (await site.WriteAsync(File, old)).PrimaryEntityId;
                await site.WriteAsync(File, UploadSite.Bytes(40));
                return version;
            },
            (site, version) => site.Drive.Get<FileVersions>().SetCurrentAsync(DriveSite.Owner, DriveSite.Path(File), version, Actor),
            async (site, version) =>
            {
                await site.Drive.Get<FileVersions>().SetCurrentAsync(DriveSite.Owner, DriveSite.Path(File), version, Actor);
                await site.RecoverAsync();
                Assert.Equal(old, await site.ReadAsync((await site.FindAsync(File))!));
            });
    }

    private static async Task<UploadSession> BeginStagedAsync(UploadSite site, byte[] content, bool overwrites = false)
    {
        var session = await site.BeginAsync(File, content.Length, overwrites);
        await site.StageAsync(session, content);
        return session;
    }

    private Task AtEveryCallAsync<T>(
        StorageFault fault, bool relay, Func<UploadSite, Task<T>> prepareAsync, Func<UploadSite, T, Task> actAsync, Func<UploadSite, T, Task> recoverAsync) =>
        UploadCrashes.AtEveryCallAsync(() => UploadSite.CreateAsync(azurite, s => s with { Relay = relay }), fault, prepareAsync, actAsync, recoverAsync);
}
