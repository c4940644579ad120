using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Tests.Content.Uploads.Chunked;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>
/// The process dies before and after every single storage call of a write of the kinds that WebDAV makes; the old content or the new is whole.
/// </summary>
public sealed class WriteCrashTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const string File = "/file";
    private const string Source = "/source";

    // Two blocks, so that one is sent while the next one is read.
    private const int Large = (8 << 20) + 100;

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_open_ended_content_is_written_when_not_repeated_then_either_is_whole(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(Large) };
        await AtEveryCallAsync(
            fault,
            site => site.WriteAsync(File, contents[0]),
            (site, _) => site.Drive.Get<FileContentWriter>().PutOpenEndedAsync(
                site.Caller, new ContentRequest(DriveSite.Path(File), 0), new MemoryStream(contents[1])),
            (site, _) => EitherAsync(site, contents));
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_file_gets_a_copy_when_not_repeated_then_either_content_is_whole(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(40) };
        await AtEveryCallAsync(
            fault,
            async site =>
            {
                await site.WriteAsync(File, contents[0]);
                return await site.Drive.Get<EntityStore>().FindAsync((await site.WriteAsync(Source, contents[1])).PrimaryEntityId);
            },
            (site, source) => site.Drive.Get<FileContentWriter>().CopyAsync(site.Caller, new ContentRequest(DriveSite.Path(File), 0), source!),
            async (site, _) =>
            {
                await EitherAsync(site, contents);
                Assert.Equal(contents[1], await site.ReadAsync((await site.FindAsync(Source))!));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_chunk_comes_when_it_is_sent_again_then_the_file_has_all_of_them(StorageFault fault)
    {
        var content = UploadSite.Bytes(250);
        await AtEveryCallAsync(
            fault,
            async site =>
            {
                var upload = await site.BeginChunkedAsync();
                await site.SendAsync(upload, "1", content[..100]);
                return upload;
            },
            (site, upload) => site.SendAsync(upload, "2", content[100..]),
            async (site, upload) =>
            {
                await site.SendAsync(upload, "2", content[100..]);
                Assert.Equal(content, await site.ReadAsync((await site.AssembleAsync(upload, File)).File));
            },
            fewest: 5);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_chunks_are_put_together_when_not_repeated_then_either_content_is_whole(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(250) };
        await AtEveryCallAsync(
            fault, site => PrepareChunksAsync(site, contents), (site, upload) => site.AssembleAsync(upload, File), (site, _) => EitherAsync(site, contents));
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_chunks_are_put_together_when_the_client_goes_on_then_the_file_has_them(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(250) };
        await AtEveryCallAsync(
            fault,
            site => PrepareChunksAsync(site, contents),
            (site, upload) => site.AssembleAsync(upload, File),
            async (site, _) =>
            {
                // An upload that no longer exists has created the file.
                if (await site.Chunked().FindAsync(ChunkSite.Key) is { } open)
                    await site.AssembleAsync(open, File);
                Assert.Equal(contents[1], await site.ReadAsync((await site.FindAsync(File))!));
            });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_an_upload_in_chunks_is_given_up_when_it_expires_then_nothing_is_left(StorageFault fault)
    {
        var contents = new[] { UploadSite.Bytes(30), UploadSite.Bytes(250) };
        await AtEveryCallAsync(
            fault,
            site => PrepareChunksAsync(site, contents),
            (site, upload) => site.Chunked().EndAsync(upload),
            async (site, _) =>
            {
                await site.RecoverAsync();
                Assert.Equal(30, await site.Drive.UsedAsync());
            });
    }

    private static async Task<ChunkedUpload> PrepareChunksAsync(UploadSite site, byte[][] contents)
    {
        await site.WriteAsync(File, contents[0]);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "2", contents[1][100..]);
        await site.SendAsync(upload, "1", contents[1][..100]);
        return upload;
    }

    private static async Task EitherAsync(UploadSite site, byte[][] contents)
    {
        await site.RecoverAsync();
        var file = (await site.FindAsync(File))!;
        Assert.Equal(contents[file.Size == contents[0].Length ? 0 : 1], await site.ReadAsync(file));
    }

    private Task AtEveryCallAsync<T>(
        StorageFault fault, Func<UploadSite, Task<T>> prepareAsync, Func<UploadSite, T, Task> actAsync, Func<UploadSite, T, Task> recoverAsync, int fewest = 6) =>
        UploadCrashes.AtEveryCallAsync(CreateAsync, fault, prepareAsync, actAsync, recoverAsync, fewest);

    private async Task<UploadSite> CreateAsync()
    {
        var site = await UploadSite.CreateAsync(azurite);
        site.MaxStorage = 100 << 20;
        return site;
    }
}
