using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.FullText;

/// <summary>Tests that what goes wrong for one file or one writer does not stay with the index.</summary>
public sealed class FullTextFaultTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_pack_that_was_removed_before_it_was_named_when_more_texts_come_then_packs_merge_and_it_is_forgotten()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        await site.IndexAsync("/0.txt", "straw");
        var isCleared = false;
        var slow = site.Restart(call =>
        {
            if (!isCleared && call.Method == "PUT" && call.Uri.AbsolutePath.EndsWith("manifest.json", StringComparison.Ordinal))
            {
                isCleared = true;
                site.Blobs.ClearAsync(FullTextSite.Owner, default).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });
        await slow.IndexAsync("/lost.txt", "lost");
        var (before, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);

        var next = site.Restart();
        for (var i = 0; i < 20; i++)
            await next.IndexAsync($"/needle{i}.txt", "needle");

        var lost = Assert.Single(before.Packs).Name;
        Assert.True(isCleared);
        Assert.DoesNotContain(lost, await site.ListBlobsAsync());
        var (after, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);
        Assert.InRange(after.Packs.Count, 1, 6);
        Assert.DoesNotContain(lost, after.Packs.Select(pack => pack.Name));
        Assert.Equal(20, (await site.Restart().Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, "needle", 0)).Total);
    }

    [Fact]
    public async Task Given_an_archived_blob_when_its_file_is_indexed_then_nothing_is_stored()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var blob = (await site.Entities.FindAsync(file.PrimaryEntityId))!.Source;
        await new BlobClient(azurite.ConnectionString, site.Layout.FilesContainerName, blob).SetAccessTierAsync(AccessTier.Archive);

        await site.Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.Empty((await site.ReadAsync(file)).Metadata);
        Assert.Empty(await site.ListBlobsAsync());
    }

    [Fact]
    public async Task Given_a_policy_of_another_service_when_a_file_of_it_is_indexed_then_nothing_is_stored()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var catalog = new SiteCatalog(site.Layout, TimeProvider.System);
        await catalog.SavePolicyAsync(await catalog.GetPolicyAsync(StoragePolicy.DefaultId) with { Driver = "s3" });

        await site.Restart().Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.Empty((await site.ReadAsync(file)).Metadata);
        Assert.Empty(await site.ListBlobsAsync());
    }

    [Fact]
    public async Task Given_storage_that_does_not_answer_when_a_file_is_indexed_then_its_message_comes_again()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var blob = (await site.Entities.FindAsync(file.PrimaryEntityId))!.Source;
        var down = site.Restart(call => call.Uri.AbsolutePath.EndsWith(blob, StringComparison.Ordinal) ? StorageFault.Unavailable : StorageFault.None);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => down.Indexing.IndexAsync(FullTextSite.Settings, file));
    }
}
