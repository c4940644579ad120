using System.Text.Json;

namespace Cloudreve.Benchmarks.Apps;

/// <summary>App settings of the measured apps: those of a local run, with names that no other site uses.</summary>
internal static class AppSettings
{
    public const string Prefix = "bench";
    public const string AdminEmail = "admin@example.com";
    public const string AdminPassword = "correct horse battery";

    private const string DurableTask = "AzureFunctionsJobHost__extensions__durableTask__";
    private const string SeparateConnection = "CountHubStorage";

    /// <summary>The settings of the product.</summary>
    /// <param name="connectionString">Its storage account.</param>
    public static Dictionary<string, string> OfProduct(string connectionString) => new()
    {
        ["AzureWebJobsStorage"] = connectionString,
        // Room for the largest chunked body that is measured; the host's usual limit holds for chunked bodies, too.
        ["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "8589934592",
        ["CLOUDREVE_PREFIX"] = Prefix,
        ["CLOUDREVE_ADMIN_EMAIL"] = AdminEmail,
        ["CLOUDREVE_ADMIN_PASSWORD"] = AdminPassword,
        [DurableTask + "hubName"] = "BenchHub",
        [DurableTask + "storageProvider__maxQueuePollingInterval"] = "00:00:00.200",
    };

    /// <summary>The settings of the bare app.</summary>
    /// <param name="connectionString">Its storage account.</param>
    public static Dictionary<string, string> OfBareApp(string connectionString) => new() { ["AzureWebJobsStorage"] = connectionString };

    /// <summary>Keeps the orchestrations in a hub of their own, under another connection string than the app's data.</summary>
    public static void SeparateHub(this Dictionary<string, string> settings, string hubName, string connectionString)
    {
        settings[DurableTask + "hubName"] = hubName;
        settings[DurableTask + "storageProvider__connectionName"] = SeparateConnection;
        settings[SeparateConnection] = connectionString;
    }

    /// <summary>Disables everything that starts by itself, so that it does not interfere with a measurement.</summary>
    /// <param name="appFolder">The folder of the app.</param>
    public static void DisableTriggers(this Dictionary<string, string> settings, string appFolder)
    {
        using var metadata = JsonDocument.Parse(File.ReadAllText(Path.Combine(appFolder, "functions.metadata")));
        foreach (var function in metadata.RootElement.EnumerateArray())
        {
            var types = function.GetProperty("bindings").EnumerateArray().Select(binding => binding.GetProperty("type").GetString());
            if (types.Any(type => type is "timerTrigger" or "queueTrigger" or "blobTrigger"))
                settings[$"AzureWebJobs.{function.GetProperty("name").GetString()}.Disabled"] = "true";
        }
    }
}
