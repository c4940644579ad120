using System.Security.Cryptography;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Quota.Calibration;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads.Chunked;

/// <summary>Uploads whose clients name the file at the end.</summary>
public sealed class ChunkedUploadTests(AzuriteServer azurite)
{
    private const string File = "/file";
    private const int Block = 8 << 20;

    [Fact]
    public async Task Given_chunks_in_any_order_when_they_are_put_together_then_the_file_has_theirs()
    {
        var site = await RoomyAsync();
        var content = UploadSite.Bytes((2 * Block) + 1_000);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "00003", content[^500..]);
        await site.SendAsync(upload, "00001", content[..(Block + 7)], hasLength: false);
        await site.SendAsync(upload, "00002", content[(Block + 7)..^500]);

        var written = await site.AssembleAsync(upload, File, new ChunkedContent(content.Length, null));

        Assert.True(written.IsNew);
        Assert.Equal(content, await site.ReadAsync(written.File));
        Assert.Equal(content.Length, await site.Drive.UsedAsync());
        Assert.Null(await site.Chunked().FindAsync(ChunkSite.Key));
        await site.RecoverAsync();
        await site.AssertExactAsync();
        Assert.Equal(0, await Installation.CountRowsAsync(site.Layout.Uploads));
    }

    [Fact]
    public async Task Given_a_policy_that_encrypts_when_chunks_are_put_together_then_the_file_is_encrypted()
    {
        var site = await UploadSite.CreateAsync(azurite, settings => settings with { Encryption = true });
        var content = UploadSite.Bytes(1_000);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "2", content[333..]);
        await site.SendAsync(upload, "1", content[..333]);

        var file = (await site.AssembleAsync(upload, File, new ChunkedContent(null, Sha256(content)))).File;

        Assert.Equal(content, await site.ReadPlainAsync(file));
        Assert.NotEqual(content, await site.ReadAsync(file));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_chunk_that_is_sent_again_when_it_has_come_then_it_alone_counts()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var upload = await site.BeginChunkedAsync();
        Assert.True(await site.SendAsync(upload, "1", UploadSite.Bytes(100)));
        var content = UploadSite.Bytes(70);

        Assert.False(await site.SendAsync(upload, "1", content));

        Assert.Equal(70, await site.Drive.UsedAsync());
        Assert.Equal(content, await site.ReadAsync((await site.AssembleAsync(upload, File)).File));
    }

    [Fact]
    public async Task Given_chunks_that_do_not_make_the_file_when_put_together_then_it_can_still_be_fixed()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = UploadSite.Bytes(30);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "1", content[..10]);
        await site.SendAsync(upload, "3", content[20..]);

        await RefusedAsync(site, upload, default, ErrorCode.BadParameter);
        await site.SendAsync(upload, "2", content[10..20]);
        await RefusedAsync(site, upload, new ChunkedContent(31, null), ErrorCode.BadParameter);
        await RefusedAsync(site, upload, new ChunkedContent(30, Sha256([1])), ErrorCode.BadParameter);

        Assert.Null(await site.FindAsync(File));
        Assert.Equal(30, await site.Drive.UsedAsync());
        Assert.Empty(await site.Drive.Get<SiteIntegrity>().CheckAsync());
        Assert.Equal(content, await site.ReadAsync((await site.AssembleAsync(upload, File, new ChunkedContent(30, Sha256(content)))).File));
    }

    [Theory]
    [InlineData("000000000000000-000000000000009", "000000000000010-000000000000029")]
    [InlineData("0", "10")]
    [InlineData("0000", "0001")]
    [InlineData("00001", "00002")]
    public async Task Given_any_names_that_clients_use_when_chunks_are_put_together_then_they_tell_the_order(string first, string second)
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = UploadSite.Bytes(30);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, second, content[10..]);
        await site.SendAsync(upload, first, content[..10]);

        Assert.Equal(content, await site.ReadAsync((await site.AssembleAsync(upload, File)).File));
    }

    [Theory]
    [InlineData("000000000000000-000000000000009", "000000000000020-000000000000029")]
    [InlineData("1", "01")]
    [InlineData("2", "3")]
    [InlineData("0", "2")]
    public async Task Given_names_with_gaps_or_twice_the_same_when_chunks_are_put_together_then_it_is_refused(string first, string second)
    {
        var site = await UploadSite.CreateAsync(azurite);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, first, UploadSite.Bytes(10));
        await site.SendAsync(upload, second, UploadSite.Bytes(10));

        await RefusedAsync(site, upload, default, ErrorCode.BadParameter);
    }

    [Fact]
    public async Task Given_a_full_drive_when_chunks_come_then_each_counts_and_what_fits_can_be_put_together()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "1", UploadSite.Bytes(900_000));

        foreach (var hasLength in (bool[])[true, false])
        {
            var error = await Assert.ThrowsAsync<CloudreveException>(() => site.SendAsync(upload, "2", UploadSite.Bytes(100_001), hasLength));
            Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        }

        Assert.Equal(900_000, (await site.AssembleAsync(upload, File)).File.Size);
        Assert.Equal(900_000, await site.Drive.UsedAsync());
    }

    [Fact]
    public async Task Given_a_locked_file_when_chunks_would_replace_it_then_they_wait_until_it_is_free()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.WriteAsync(File, UploadSite.Bytes(5));
        var held = await site.BeginAsync(File, 250, overwrites: true);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "1", UploadSite.Bytes(40));

        await Assert.ThrowsAsync<LockConflictException>(() => site.AssembleAsync(upload, File));
        await site.Drive.Get<UploadCancellation>().CancelAsync(held.Id, DriveSite.Owner);

        var written = await site.AssembleAsync(upload, File);
        Assert.Equal((false, 40), (written.IsNew, written.File.Size));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_an_upload_that_nobody_goes_on_with_when_it_expires_then_nothing_is_left()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "1", UploadSite.Bytes(40));
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromHours(11));
        await later.Drive.Get<UploadExpiry>().RunAsync();
        await later.SendAsync(upload, "2", UploadSite.Bytes(40));
        later.Drive.Wait(TimeSpan.FromHours(11));
        await later.Drive.Get<UploadExpiry>().RunAsync();
        Assert.Equal(80, await site.Drive.UsedAsync());

        later.Drive.Wait(TimeSpan.FromHours(2));
        await later.Drive.Get<UploadExpiry>().RunAsync();

        Assert.Equal(0, await site.Drive.UsedAsync());
        Assert.Null(await later.Chunked().FindAsync(ChunkSite.Key));
        Assert.Equal(ErrorCode.UploadSessionExpired, (await Assert.ThrowsAsync<CloudreveException>(() => later.SendAsync(upload, "3", [1]))).Code);
        await site.RecoverAsync();
        await site.AssertExactAsync();
        Assert.Equal(0, await Installation.CountRowsAsync(site.Layout.Uploads));
    }

    [Fact]
    public async Task Given_an_upload_abandoned_during_a_chunk_when_its_name_is_reused_then_both_stay_apart()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var upload = await site.BeginChunkedAsync();
        await site.SendAsync(upload, "1", UploadSite.Bytes(40));
        var content = new GatedStream(UploadSite.Bytes(30));
        var late = site.Drive.Get<ChunkIntake>().TakeAsync(site.Caller, upload, ChunkName.TryParse("2")!, content, 30);
        await content.Waiting;
        await site.Chunked().EndAsync(upload);
        var next = await site.BeginChunkedAsync();
        await site.SendAsync(next, "1", UploadSite.Bytes(50));

        content.Open();

        await Assert.ThrowsAsync<CloudreveException>(() => late);
        Assert.Equal(50, (await site.AssembleAsync(next, File)).File.Size);
        Assert.Equal(50, await site.Drive.UsedAsync());
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_open_chunks_when_the_drive_is_calibrated_then_they_are_counted()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.SendAsync(await site.BeginChunkedAsync(), "1", UploadSite.Bytes(40));

        await site.Drive.Get<StorageCalibration>().RunAsync(DriveSite.Owner, TestContext.Current.CancellationToken);

        Assert.Equal(40, await site.Drive.UsedAsync());
    }

    [Fact]
    public async Task Given_more_chunks_than_a_batch_when_the_upload_ends_then_all_are_given_back()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var upload = await site.BeginChunkedAsync();
        await Parallel.ForAsync(1, 121, TestContext.Current.CancellationToken, async (i, _) => await site.SendAsync(upload, $"{i}", [1, 2]));
        Assert.Equal(240, await site.Drive.UsedAsync());

        await site.Chunked().EndAsync(upload, TestContext.Current.CancellationToken);

        Assert.Equal(0, await site.Drive.UsedAsync());
    }

    private static ContentChecksum Sha256(byte[] content) => ContentChecksum.TryParse("SHA256:" + Convert.ToHexString(SHA256.HashData(content)))!;

    private static async Task RefusedAsync(UploadSite site, ChunkedUpload upload, ChunkedContent content, ErrorCode code) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<CloudreveException>(() => site.AssembleAsync(upload, File, content))).Code);

    private async Task<UploadSite> RoomyAsync()
    {
        var site = await UploadSite.CreateAsync(azurite);
        site.MaxStorage = 100 << 20;
        return site;
    }
}
