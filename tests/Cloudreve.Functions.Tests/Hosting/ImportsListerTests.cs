using System.Text.Json;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Hosting.Local;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class ImportsListerTests(AzuriteServer azurite)
{
    private async Task<StorageLayout> NewLayoutAsync()
    {
        var layout = new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName());
        await layout.LocalHost.CreateIfNotExistsAsync();
        await layout.Container(layout.ImportsContainerName).CreateIfNotExistsAsync();
        await layout.Queue(layout.BlobEventsQueueName).CreateIfNotExistsAsync();
        return layout;
    }

    private static ImportsLister Lister(StorageLayout layout) => new(
        layout.Container(layout.ImportsContainerName), StorageLayout.ImportsPrefix, layout.Queue(layout.BlobEventsQueueName), layout.LocalHost, TimeProvider.System, NullLogger.Instance);

    private static Task<string> WriteAsync(StorageLayout layout, string name) =>
        layout.Container(layout.ImportsContainerName).WriteAsync(name, BinaryData.FromString(name));

    private static async Task<IReadOnlyList<string>> EventsAsync(StorageLayout layout)
    {
        var messages = await layout.Queue(layout.BlobEventsQueueName).ReceiveAsync(32, TimeSpan.FromMinutes(5));
        return [.. messages.Select(m => m.Body)];
    }

    [Fact]
    public async Task Given_a_new_blob_when_it_is_announced_then_the_event_has_the_shape_of_event_grid()
    {
        var layout = await NewLayoutAsync();
        await WriteAsync(layout, "imports/1/ü #%.txt");

        await Lister(layout).RunPassAsync(CancellationToken.None);

        using var json = JsonDocument.Parse(Assert.Single(await EventsAsync(layout)));
        Assert.Equal("Microsoft.Storage.BlobCreated", json.RootElement.GetProperty("eventType").GetString());
        Assert.Equal($"/blobServices/default/containers/{layout.ImportsContainerName}/blobs/imports/1/ü #%.txt", json.RootElement.GetProperty("subject").GetString());
        Assert.Equal(19, json.RootElement.GetProperty("data").GetProperty("contentLength").GetInt64());
    }

    [Fact]
    public async Task Given_a_blob_outside_the_prefix_when_the_container_is_listed_then_it_is_not_announced()
    {
        var layout = await NewLayoutAsync();
        await WriteAsync(layout, "uploads/1/a");

        Assert.Equal(0, await Lister(layout).RunPassAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Given_announced_blobs_when_nothing_changes_then_a_pass_costs_one_request_and_announces_nothing()
    {
        var layout = await NewLayoutAsync();
        await WriteAsync(layout, "imports/1/a");
        var lister = Lister(layout);
        await lister.RunPassAsync(CancellationToken.None);
        using var measured = layout.Account.Transactions.Measure();

        var announced = await lister.RunPassAsync(CancellationToken.None);

        Assert.Equal(0, announced);
        Assert.Equal(1, measured.Total);
    }

    [Fact]
    public async Task Given_announced_blobs_when_the_process_restarts_then_they_are_not_announced_again()
    {
        var layout = await NewLayoutAsync();
        for (var i = 0; i < 130; i++)
            await WriteAsync(layout, $"imports/1/{i}");

        Assert.Equal(130, await Lister(layout).RunPassAsync(CancellationToken.None));
        Assert.Equal(0, await Lister(layout).RunPassAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Given_an_announced_blob_when_it_is_written_again_then_it_is_announced_again()
    {
        var layout = await NewLayoutAsync();
        await WriteAsync(layout, "imports/1/a");
        await Lister(layout).RunPassAsync(CancellationToken.None);
        await WriteAsync(layout, "imports/1/a");

        Assert.Equal(1, await Lister(layout).RunPassAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Given_a_crash_between_announcing_and_recording_when_the_process_restarts_then_the_blob_is_announced_again()
    {
        var layout = await NewLayoutAsync();
        await WriteAsync(layout, "imports/1/a");
        var dying = new StorageLayout(
            azurite.Connect(call => call is { Service: StorageService.Table, Method: "POST" } ? StorageFault.CrashBefore : StorageFault.None), layout.Prefix);

        await Assert.ThrowsAnyAsync<Exception>(() => Lister(dying).RunPassAsync(CancellationToken.None));
        await Lister(layout).RunPassAsync(CancellationToken.None);

        Assert.Equal(2, (await EventsAsync(layout)).Count);
    }

    [Fact]
    public async Task Given_a_horizon_when_it_advances_then_older_blobs_stay_announced_without_records_of_their_own()
    {
        var layout = await NewLayoutAsync();
        await WriteAsync(layout, "imports/1/a");
        await Lister(layout).RunPassAsync(CancellationToken.None);
        var blob = Assert.Single((await layout.Container(layout.ImportsContainerName).ListPageAsync("", null)).Blobs);
        var announced = await AnnouncedBlobs.LoadAsync(layout.LocalHost, layout.ImportsContainerName, CancellationToken.None);

        await announced.AdvanceAsync(blob.LastModified.AddSeconds(1), CancellationToken.None);

        var reloaded = await AnnouncedBlobs.LoadAsync(layout.LocalHost, layout.ImportsContainerName, CancellationToken.None);
        Assert.True(reloaded.Contains(blob));
        var rows = new List<string>();
        await foreach (var row in layout.LocalHost.ScanAsync())
            rows.Add(row.RowKey);
        Assert.Equal("!", Assert.Single(rows));
    }
}
