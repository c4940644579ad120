using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Content.Uploads;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Entities;

public sealed class EntityRecyclerTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_an_unused_entity_when_its_text_is_noted_while_it_is_recycled_then_the_next_run_removes_it_with_its_text()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var texts = site.Layout.Container(site.Layout.FullTextContainerName);
        await texts.CreateIfNotExistsAsync();
        var entityId = (await site.UploadAsync("a", UploadSite.Bytes(10))).PrimaryEntityId;
        await site.Drive.Operations.DeleteAsync(DriveSite.NewWork(), DriveSite.Path("a"), keepBlobs: false);
        var rival = site.Restart();
        var isNoted = false;
        var slow = site.Restart(call =>
        {
            if (!isNoted && call is { Service: StorageService.Table, Method: "DELETE" } && call.Resource == site.Layout.Entities.Name)
                isNoted = rival.Drive.Get<EntityStore>().NoteTextAsync(entityId).GetAwaiter().GetResult();
            return StorageFault.None;
        });
        await new IndexBlobs(site.Layout).WriteTextAsync(new IndexedText(entityId, "text"), default);
        slow.Drive.Wait(TimeSpan.FromHours(1));

        Assert.Equal(0, await slow.Drive.Get<EntityRecycler>().RunAsync());
        Assert.True(isNoted);
        Assert.Equal(1, await slow.Drive.Get<EntityRecycler>().RunAsync());

        Assert.Empty((await texts.ListPageAsync("", null)).Blobs);
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_an_entity_whose_row_another_run_removes_when_it_is_recycled_then_its_blob_and_note_go()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var entityId = (await site.UploadAsync("a", UploadSite.Bytes(10))).PrimaryEntityId;
        await site.Drive.Operations.DeleteAsync(DriveSite.NewWork(), DriveSite.Path("a"), keepBlobs: false);
        var isRemoved = false;
        var slow = site.Restart(call =>
        {
            if (!isRemoved && call is { Service: StorageService.Table, Method: "DELETE" } && call.Resource == site.Layout.Entities.Name)
                isRemoved = site.Layout.Entities.DeleteAsync(FileKeys.IdBlock(entityId), FileKeys.Id(entityId)).GetAwaiter().GetResult();
            return StorageFault.None;
        });
        slow.Drive.Wait(TimeSpan.FromHours(1));

        Assert.Equal(1, await slow.Drive.Get<EntityRecycler>().RunAsync());

        Assert.True(isRemoved);
        Assert.DoesNotContain(
            await site.Layout.Schedules.ScanAsync().ToListAsync(TestContext.Current.CancellationToken), note => note.PartitionKey.StartsWith("recycle", StringComparison.Ordinal));
        await site.AssertExactAsync();
    }
}
