using Azure;
using Azure.Storage.Blobs;

namespace Cloudreve.LocalHost.Timers;

/// <summary>Keeps schedules where the real host keeps them: one blob for each timer.</summary>
internal sealed class BlobScheduleStore(string connectionString, string hostId) : IScheduleStore
{
    private readonly BlobContainerClient _container = new(connectionString, "azure-webjobs-hosts");

    /// <inheritdoc/>
    public async Task<ScheduleStatus?> ReadAsync(string function, CancellationToken cancellationToken)
    {
        try
        {
            var content = await Blob(function).DownloadContentAsync(cancellationToken);
            return content.Value.Content.ToObjectFromJson<ScheduleStatus>();
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string function, ScheduleStatus status, CancellationToken cancellationToken)
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await Blob(function).UploadAsync(BinaryData.FromObjectAsJson(status), overwrite: true, cancellationToken);
    }

    private BlobClient Blob(string function) => _container.GetBlobClient($"timers/{hostId}/Host.Functions.{function}/status");
}
