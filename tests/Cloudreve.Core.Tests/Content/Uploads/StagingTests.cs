using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>A client uses its address in every way that the signature allows, before, while and after the upload completes.</summary>
public sealed class StagingTests(AzuriteServer azurite)
{
    private const string File = "/file";
    private const int Size = 250;

    private static readonly byte[] Much = UploadSite.Bytes(100_000);

    public static readonly TheoryData<string> Acts = ["put blob", "blocks", "copy", "lease", "tier", "metadata", "snapshot", "page blob"];

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task Given_a_completed_upload_when_its_address_is_used_again_then_the_file_stays_as_it_is(string act)
    {
        var site = await UploadSite.CreateAsync(azurite);
        var (session, content, address) = await BeginAsync(site);
        await site.StageAsync(session, content);
        await site.CompleteAsync(session.Id);

        await ActAsync(site, address, act);

        var file = (await site.FindAsync(File))!;
        Assert.Equal(content, await site.ReadAsync(file));
        Assert.Equal((Size, Size), (file.Size, await site.Drive.UsedAsync()));
        await site.CompleteAsync(session.Id);
        await site.RecoverAsync();
        Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
        await site.AssertExactAsync();
    }

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task Given_an_upload_whose_address_was_misused_when_completed_then_it_fails_at_once(string act)
    {
        var site = await UploadSite.CreateAsync(azurite);
        var (session, content, address) = await BeginAsync(site);
        await ActAsync(site, address, act);

        var error = await Assert.ThrowsAsync<CloudreveException>(() => site.CompleteAsync(session.Id).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Equal(ErrorCode.MetadataMismatch, error.Code);
        Assert.Equal(0, (await site.FindAsync(File))!.PrimaryEntityId);
        if (act != "page blob")
        {
            await site.StageAsync(session, content);
            await site.CompleteAsync(session.Id);
            Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
        }
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Theory]
    [MemberData(nameof(Acts))]
    public async Task Given_an_upload_whose_address_was_used_otherwise_when_it_is_cancelled_then_nothing_is_left(string act)
    {
        var site = await UploadSite.CreateAsync(azurite);
        var (session, content, address) = await BeginAsync(site);
        await ActAsync(site, address, act);
        if (act != "page blob")
            await site.StageAsync(session, content).ContinueWith(static _ => { }, TaskScheduler.Default);

        await site.Drive.Get<UploadCancellation>().CancelAsync(session.Id, DriveSite.Owner);

        Assert.Null(await site.FindAsync(File));
        Assert.Equal(0, await site.Drive.UsedAsync());
        await site.AssertExactAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_blob_changed_between_check_and_copy_when_completed_then_unchecked_bytes_stay_out(bool blocks)
    {
        var site = await UploadSite.CreateAsync(azurite);
        var (session, content, address) = await BeginAsync(site);
        await site.StageAsync(session, content);
        var attacks = 0;
        var attacked = site.Restart(call =>
        {
            if (IsCopy(call) && attacks++ == 0)
                Overwrite(address, blocks);
            return StorageFault.None;
        });

        var error = await Assert.ThrowsAsync<CloudreveException>(() => attacked.CompleteAsync(session.Id));

        Assert.Equal((ErrorCode.MetadataMismatch, 1), (error.Code, attacks));
        Assert.Equal((0L, 0L), ((await site.FindAsync(File))!.Size, (await site.FindAsync(File))!.PrimaryEntityId));
        await site.RecoverAsync();
        Assert.Null(await site.FindAsync(File));
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_client_that_keeps_marking_its_blob_when_the_upload_is_completed_then_tries_end()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var (session, content, address) = await BeginAsync(site);
        await site.StageAsync(session, content);
        var attacked = site.Restart(call =>
        {
            if (IsCopy(call))
                new BlockBlobClient(address).SetMetadata(new Dictionary<string, string> { ["a"] = "b" });
            return StorageFault.None;
        });

        var error = await Assert.ThrowsAsync<CloudreveException>(() => attacked.CompleteAsync(session.Id).WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Equal(ErrorCode.MetadataMismatch, error.Code);
        await site.CompleteAsync(session.Id);
        Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
    }

    [Fact]
    public async Task Given_a_lease_on_a_complete_blob_when_the_upload_is_completed_then_it_succeeds()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var (session, content, address) = await BeginAsync(site);
        await ActAsync(site, address, "put blob");
        await site.StageAsync(session, content);
        await LeaseAsync(address);

        await site.CompleteAsync(session.Id);

        Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_addresses_of_an_upload_when_they_are_handed_out_then_none_names_the_blob_of_the_file()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var session = await site.BeginAsync(File, Size);

        var addresses = await site.Drive.Get<UploadBlobs>().SignChunksAsync(session);

        Assert.Equal(3, addresses.Count);
        Assert.All(addresses, a => Assert.Contains(session.StagingName, a, StringComparison.Ordinal));
        Assert.DoesNotContain(addresses, a => Uri.UnescapeDataString(a).Contains(session.Source, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_blobs_when_the_service_copies_one_in_the_background_then_the_copy_reports_its_end()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var container = site.Layout.Container(site.Layout.FilesContainerName);
        var etag = await container.WriteAsync("source", BinaryData.FromBytes(Much));

        await container.CopyNewAsync("source", etag, "copy", isLarge: true);

        var copy = (await container.FindAsync("copy"))!;
        Assert.Equal((BlobCopyState.Done, Much.Length), (copy.CopyState, copy.Size));
        await Assert.ThrowsAnyAsync<Cloudreve.AzureStorage.StorageException>(() => container.CopyNewAsync("source", etag, "copy", isLarge: true));
    }

    private static async Task<(UploadSession Session, byte[] Content, Uri Address)> BeginAsync(UploadSite site)
    {
        var session = await site.BeginAsync(File, Size);
        var address = (await site.Drive.Get<UploadBlobs>().SignChunksAsync(session))[0];
        return (session, UploadSite.Bytes(Size), new Uri(address[..address.IndexOf("&comp=", StringComparison.Ordinal)]));
    }

    private static bool IsCopy(StorageCall call) =>
        call is { Service: StorageService.Blob, Method: "PUT" } && call.Uri.Query.Length == 0 && !call.Uri.AbsolutePath.Contains("/staging/", StringComparison.Ordinal);

    private static void Overwrite(Uri address, bool blocks)
    {
        var blob = new BlockBlobClient(address);
        using var content = new MemoryStream(Much);
        if (!blocks)
        {
            blob.Upload(content);
            return;
        }
        string[] ids = [ChunkPlan.BlockId(0), ChunkPlan.BlockId(1), ChunkPlan.BlockId(2)];
        blob.StageBlock(ids[1], content);
        blob.CommitBlockList(ids);
    }

    private static async Task ActAsync(UploadSite site, Uri address, string act)
    {
        var blob = new BlockBlobClient(address);
        if (act == "page blob")
        {
            await blob.DeleteIfExistsAsync().ContinueWith(static _ => { }, TaskScheduler.Default);
            await new PageBlobClient(address).CreateAsync(512);
            return;
        }
        if (act == "copy")
        {
            var container = site.Layout.Container(site.Layout.FilesContainerName);
            await container.WriteAsync("other", BinaryData.FromBytes(Much));
            await blob.SyncCopyFromUriAsync(await container.SignReadAsync("other", DateTimeOffset.UtcNow.AddHours(1)));
            await container.DeleteAsync("other");
            return;
        }
        using var content = new MemoryStream(Much);
        if (act == "blocks")
        {
            await blob.StageBlockAsync(ChunkPlan.BlockId(0), content);
            await blob.CommitBlockListAsync([ChunkPlan.BlockId(0)]);
            return;
        }
        await blob.UploadAsync(content);
        switch (act)
        {
            case "lease":
                await LeaseAsync(address);
                break;
            case "tier":
                await blob.SetAccessTierAsync(AccessTier.Archive);
                break;
            case "metadata":
                await blob.SetMetadataAsync(new Dictionary<string, string> { ["hdi_isfolder"] = "true" });
                break;
            case "snapshot":
                await blob.CreateSnapshotAsync();
                break;
        }
    }

    private static async Task LeaseAsync(Uri address) =>
        await new BlockBlobClient(address).GetBlobLeaseClient().AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);
}
