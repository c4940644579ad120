using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.Triggers;

/// <summary>A site that learns of blobs by Event Grid, and whose queues try failed messages again at once.</summary>
public sealed class EventDrivenSite(AzuriteServer azurite) : IAsyncLifetime
{
    internal Site Site { get; private set; } = null!;

    internal BlobEvents Events { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Site = await new Site(
            azurite,
            ("CLOUDREVE_BLOB_TRIGGER", "EventGrid"),
            ("LocalHost__BlobsExtensionKey", BlobEvents.Key),
            ("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "00:00:00")).StartAsync();
        Events = new BlobEvents(Site);
        await Site.Client.SignInAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Events.Dispose();
        await Site.DisposeAsync();
    }
}
