using Azure.Storage.Queues;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.EndToEnd.Imports;

/// <summary>The durable engine's records in storage, for tests that damage them while no process runs.</summary>
internal sealed class TaskHub(AzuriteServer azurite, Site site)
{
    /// <summary>Makes an orchestration vanish.</summary>
    public async Task RemoveAsync(string instanceId)
    {
        foreach (var table in (Table[])[Instances, site.Storage.Table(site.HubName + "History")])
        {
            foreach (var row in await table.ScanAsync($"PartitionKey eq '{instanceId}'").ToListAsync())
                await table.DeleteAsync(row.PartitionKey, row.RowKey);
        }
    }

    /// <summary>Makes an orchestration look as though its code had failed.</summary>
    public async Task FailAsync(string instanceId)
    {
        var row = await Instances.ScanAsync($"PartitionKey eq '{instanceId}'").SingleAsync();
        row["RuntimeStatus"] = "Failed";
        await Instances.ReplaceAsync(row, row.ETag);
    }

    /// <summary>Removes all messages, those that a killed host holds back included.</summary>
    public async Task ClearAsync()
    {
        var service = new QueueServiceClient(azurite.ConnectionString);
        await foreach (var queue in service.GetQueuesAsync(prefix: site.HubName.ToLowerInvariant()))
            await service.GetQueueClient(queue.Name).ClearMessagesAsync();
    }

    private Table Instances => site.Storage.Table(site.HubName + "Instances");
}
