using Cloudreve.Benchmarks.Apps;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Proxies;

namespace Cloudreve.Benchmarks.Import;

/// <summary>
/// An import whose storage transactions are counted on their way to the emulator. The durable engine gets a connection string of its own,
/// so that its transactions can be distinguished from the app's, whatever they are.
/// </summary>
internal sealed class CountingRun(AzuriteServer azurite)
{
    // The host's own blobs: leases of its singletons.
    private const string HostContainer = "azure-webjobs-hosts";
    private const string HubName = "CountHub";
    private const string ScheduledActivity = "queue POST counthub-workitems";

    /// <summary>Imports the source and counts.</summary>
    /// <exception cref="BenchmarkException">The import did not import all files.</exception>
    public async Task<ImportCounts> RunAsync(string appFolder, string source, string destination, int files)
    {
        await using var appProxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        await using var hubProxy = await StorageProxy.StartAsync(azurite.ConnectionString);
        var settings = AppSettings.OfProduct(appProxy.ConnectionString);
        settings.SeparateHub(HubName, hubProxy.ConnectionString);
        settings.DisableTriggers(appFolder);
        using var app = AppProcess.Start(appFolder, settings);
        await app.AwaitAnswerAsync("/api/v4/site/config/basic");
        using var import = new ProductImport(app, new TaskObserver(azurite.Connect(), AppSettings.Prefix));
        await import.PrepareAsync();
        appProxy.ResetCounts();
        hubProxy.ResetCounts();
        await import.RunAsync(source, destination, files);
        var ofHub = hubProxy.Counts;
        var ofApp = appProxy.Counts.Where(count => !count.Key.EndsWith(HostContainer, StringComparison.Ordinal)).ToDictionary();
        return new ImportCounts(ofApp, ofHub, ofHub.GetValueOrDefault(ScheduledActivity));
    }
}
