using Cloudreve.Testing.Azurite;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>
/// The published app under the double. It has a storage account of its own, since the names of its queues were written when it was
/// published.
/// </summary>
internal sealed class HostedApp : RunningApp
{
    private const string PublishedPrefix = "cloudreve";
    private readonly AzuriteServer _azurite;

    private HostedApp(AzuriteServer azurite, FunctionsHost host)
        : base(azurite.Connect(), PublishedPrefix, host.Address)
    {
        _azurite = azurite;
        Host = host;
    }

    public FunctionsHost Host { get; }

    public override string Output => Host.Output;

    /// <summary>Starts the storage account and the host.</summary>
    public static async Task<HostedApp> StartAsync()
    {
        var azurite = new AzuriteServer();
        var settings = new Dictionary<string, string>
        {
            ["FUNCTIONS_WORKER_RUNTIME"] = "custom",
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
            ["CLOUDREVE_ADMIN_EMAIL"] = AdminEmail,
            ["CLOUDREVE_ADMIN_PASSWORD"] = AdminPassword,
        };
        return new HostedApp(azurite, await FunctionsHost.StartAsync(await FunctionAppFolder.CurrentAsync(), settings, azurite.Connect()));
    }

    /// <summary>Kills the handler; where earlier crashes have stopped the host, it is started again before.</summary>
    public async Task KillHandlerAsync()
    {
        try
        {
            await Host.KillHandlerAsync();
        }
        catch (HostStoppedException)
        {
            await Host.RestartAsync();
            await Host.KillHandlerAsync();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        _azurite.Dispose();
    }
}
