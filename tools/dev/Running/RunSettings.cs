using System.Globalization;

namespace Cloudreve.Dev.Running;

/// <summary>
/// The app settings of a local run. The developer's environment comes first, then <c>local.settings.json</c> or its sample, then
/// defaults of the run; values that only the run itself knows override them all.
/// </summary>
/// <param name="environment">Reads a variable of the developer's environment.</param>
internal sealed class RunSettings(Func<string, string?> environment)
{
    public const string Storage = "AzureWebJobsStorage";
    public const string AdminEmail = "CLOUDREVE_ADMIN_EMAIL";
    public const string AdminPassword = "CLOUDREVE_ADMIN_PASSWORD";
    public const string AnnounceAdmin = "CLOUDREVE_ANNOUNCE_ADMIN";
    public const string Bind = "CLOUDREVE_BIND";
    public const string FrontEnd = "CLOUDREVE_FRONT_END";
    public const string HubName = "AzureFunctionsJobHost__extensions__durableTask__hubName";
    public const string SealingKeys = "CLOUDREVE_SEALING_KEYS";
    public const string SiteUrl = "CLOUDREVE_SITE_URL";
    public const string FunctionLogLevel = LogLevel + "Function";
    private const string LogLevel = "AzureFunctionsJobHost__logging__logLevel__";
    private const string FunctionsEnvironment = "AZURE_FUNCTIONS_ENVIRONMENT";
    private readonly Dictionary<string, string?> _added = [];

    /// <summary>The variables that differ from the developer's environment.</summary>
    public IReadOnlyDictionary<string, string?> Added => _added;

    /// <summary>The first part of the names of tables, containers and queues.</summary>
    public string Prefix => this["CLOUDREVE_PREFIX"] ?? "cloudreve";

    /// <summary>A setting's value; null when it is unset or empty.</summary>
    public string? this[string name] => _added.GetValueOrDefault(name) ?? (environment(name) is { Length: > 0 } value ? value : null);

    /// <summary>Sets what only the run knows, whatever was set before.</summary>
    public void Set(string name, string value) => _added[name] = value;

    /// <summary>Sets a value unless there is one.</summary>
    public void SetDefault(string name, string value)
    {
        if (this[name] is null)
            _added[name] = value;
    }

    /// <summary>Adds the developer's own settings and the defaults of a run.</summary>
    /// <param name="local">The values of local.settings.json or its sample.</param>
    /// <param name="port">The port that the app will listen on.</param>
    public void AddDefaults(IReadOnlyDictionary<string, string> local, int port)
    {
        foreach (var (name, value) in local.Where(setting => setting.Value.Length > 0))
            SetDefault(name, value);
        SetDefault(FunctionsEnvironment, "Development");
        SetDefault(SiteUrl, string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}"));
        // Two sites in one account have two prefixes; in one task hub each would run the other's orchestrations.
        SetDefault(HubName, char.ToUpperInvariant(Prefix[0]) + Prefix[1..] + "Hub");
        // The developer sees what the app prints, and no log keeps it. The host's lists of functions would push it away.
        SetDefault(AnnounceAdmin, "1");
        SetDefault(LogLevel + "Host.General", "Warning");
        SetDefault(LogLevel + "Host.Startup", "Warning");
    }
}
