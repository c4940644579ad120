using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Cloudreve.LocalHost;

/// <summary>The app settings that the host itself uses.</summary>
internal sealed partial class HostSettings(IConfiguration settings, AppFolder app)
{
    private const long DefaultBodyLimit = 104_857_600;

    /// <summary>The largest request body in bytes; beyond it the host responds with 500.</summary>
    public long BodyLimit => long.TryParse(settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"], CultureInfo.InvariantCulture, out var limit) ? limit : DefaultBodyLimit;

    /// <summary>Distinguishes this app's records in the storage account from those of others.</summary>
    public string HostId => settings["AzureFunctionsWebHost:hostid"] ?? app.Name;

    /// <summary>The key of the blob extension's webhook; null to generate one.</summary>
    public string? BlobsKey => settings["LocalHost:BlobsExtensionKey"];

    /// <summary>The storage account of the host.</summary>
    /// <exception cref="LocalHostException">The setting is missing.</exception>
    public string Storage => settings["AzureWebJobsStorage"] ?? settings.GetConnectionString("AzureWebJobsStorage")
        ?? throw new LocalHostException("The setting AzureWebJobsStorage is missing.");

    /// <summary>Defines what the real host defines for itself, its extensions and the worker.</summary>
    public static void DefineEnvironment()
    {
        Environment.SetEnvironmentVariable("FUNCTIONS_WORKER_RUNTIME", "dotnet-isolated");
        // Extensions take its presence as a sign of Azure.
        Environment.SetEnvironmentVariable("CONTAINER_NAME", null);
        if (Environment.GetEnvironmentVariable("AZURE_FUNCTIONS_ENVIRONMENT") is null)
            Environment.SetEnvironmentVariable("AZURE_FUNCTIONS_ENVIRONMENT", "Development");
    }

    /// <summary>Passes to the worker the host name by which clients reach it.</summary>
    public static void DefineHostName(Uri address)
    {
        if (Environment.GetEnvironmentVariable("WEBSITE_HOSTNAME") is null)
            Environment.SetEnvironmentVariable("WEBSITE_HOSTNAME", $"localhost:{address.Port.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>Tests whether a function is disabled by <c>AzureWebJobs.NAME.Disabled</c>.</summary>
    public bool IsDisabled(string function) =>
        IsTrue(settings[$"AzureWebJobs.{function}.Disabled"]) || IsTrue(settings[$"AzureWebJobs_{function}_Disabled"]);

    /// <summary>Replaces the names of settings by their values: <c>%NAME%</c>.</summary>
    /// <exception cref="LocalHostException">A setting is missing.</exception>
    public string Expand(string? text) => Reference().Replace(
        text ?? "", reference => settings[reference.Groups["name"].Value] ?? throw new LocalHostException($"The setting {reference.Groups["name"].Value} is missing."));

    [GeneratedRegex("%(?<name>[^%]+)%", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    private static bool IsTrue(string? text) => text == "1" || string.Equals(text, "true", StringComparison.OrdinalIgnoreCase);
}
