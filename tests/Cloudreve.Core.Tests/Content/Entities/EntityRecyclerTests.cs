using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText.Index;
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
}
