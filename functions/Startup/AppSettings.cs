using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Search;
using Cloudreve.AzureStorage.Secrets;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Infrastructure.Sealing;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Startup;

/// <summary>The app settings: environment variables locally, app settings in Azure.</summary>
internal sealed record AppSettings
{
    /// <summary>The app's storage account.</summary>
    public required StorageAccountOptions Storage { get; init; }

    /// <summary>The first part of the names of tables, containers and queues.</summary>
    public string Prefix { get; init; } = "cloudreve";

    /// <summary>The way in which the blob trigger of imports learns of blobs: <c>EventGrid</c> or <c>LogsAndContainerScan</c>.</summary>
    public string BlobTriggerSource { get; init; } = "EventGrid";

    /// <summary>True if the host scans for blobs itself.</summary>
    public bool ScansForBlobs => BlobTriggerSource == "LogsAndContainerScan";

    /// <summary>The header in which the platform passes the client's address; null to use the address of the connection.</summary>
    public string? ClientAddressHeader { get; init; }

    /// <summary>The folder of a built web front end to serve beside the API; null for none.</summary>
    public string? FrontEndFolder { get; init; }

    /// <summary>The key vault that holds the keys that sign tokens; null when the settings table does.</summary>
    public KeyVaultOptions? KeyVault { get; init; }

    /// <summary>The service that searches text; null when the site's own indexes do.</summary>
    public SearchServiceOptions? Search { get; init; }

    /// <summary>True if a developer runs the app, so that it may be reached as localhost on any port.</summary>
    public bool IsDevelopment { get; init; }

    /// <summary>The resources that the site's settings may reach on the machine.</summary>
    public OperatorRules Rules { get; init; } = new();

    /// <summary>Non-public addresses that the app may call as settings of the site say.</summary>
    public OutgoingRules Outgoing { get; init; } = OutgoingRules.None;

    /// <summary>Non-public addresses that users may download from.</summary>
    public OutgoingRules Downloads { get; init; } = OutgoingRules.None;

    /// <summary>The keys that seal secrets in tables.</summary>
    public SealingKeys SealingKeys { get; init; } = SealingKeys.None;

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">The app settings.</param>
    /// <exception cref="SettingsException">A setting is missing or malformed.</exception>
    public static AppSettings Read(IConfiguration configuration) => new()
    {
        Storage = ReadStorage(configuration),
        Prefix = ReadPrefix(configuration["CLOUDREVE_PREFIX"]),
        BlobTriggerSource = ReadBlobTrigger(configuration["CLOUDREVE_BLOB_TRIGGER"]),
        ClientAddressHeader = configuration["CLOUDREVE_CLIENT_ADDRESS_HEADER"] is { Length: > 0 } header ? header : null,
        FrontEndFolder = ReadFrontEnd(configuration["CLOUDREVE_FRONT_END"]),
        KeyVault = ReadKeyVault(configuration["CLOUDREVE_KEY_VAULT"]),
        Search = ReadSearch(configuration["CLOUDREVE_SEARCH"], configuration["CLOUDREVE_SEARCH_KEY"]),
        Rules = new OperatorRules
        {
            Programs = ReadList(configuration["CLOUDREVE_PROGRAMS"]),
            ProgramArguments = ReadList(configuration["CLOUDREVE_PROGRAM_ARGUMENTS"]),
            KeyFiles = ReadList(configuration["CLOUDREVE_KEY_FILES"]),
        },
        Outgoing = ReadOutgoing(configuration, "CLOUDREVE_PRIVATE_HOSTS"),
        Downloads = ReadOutgoing(configuration, "CLOUDREVE_DOWNLOAD_HOSTS"),
        SealingKeys = ReadSealingKeys(configuration["CLOUDREVE_SEALING_KEYS"]),
        IsDevelopment = string.Equals(configuration["AZURE_FUNCTIONS_ENVIRONMENT"], "Development", StringComparison.OrdinalIgnoreCase),
    };

    private static HashSet<string> ReadList(string? list) =>
        [.. (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static StorageAccountOptions ReadStorage(IConfiguration configuration)
    {
        if (configuration["AzureWebJobsStorage"] is { Length: > 0 } connection)
            return new StorageAccountOptions { ConnectionString = connection };
        return configuration["AzureWebJobsStorage:accountName"] is { Length: > 0 } name
            ? new StorageAccountOptions { AccountName = name }
            : throw new SettingsException("AzureWebJobsStorage is not set: give it a connection string, or AzureWebJobsStorage__accountName the name of an account.");
    }

    private static string ReadPrefix(string? given)
    {
        if (string.IsNullOrEmpty(given))
            return "cloudreve";
        // The shortest rule of tables, containers and queues, with room for the longest name after it.
        if (given.Length > 32 || !char.IsAsciiLetterLower(given[0]) || !given.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
            throw new SettingsException("CLOUDREVE_PREFIX must be up to 32 lower-case letters and digits, a letter first.");
        return given;
    }

    private static string ReadBlobTrigger(string? source) => source switch
    {
        null or "" => "EventGrid",
        "EventGrid" or "LogsAndContainerScan" => source,
        _ => throw new SettingsException("CLOUDREVE_BLOB_TRIGGER must be EventGrid or LogsAndContainerScan."),
    };

    private static string? ReadFrontEnd(string? folder) => folder switch
    {
        null or "" => null,
        _ => File.Exists(Path.Combine(folder, "index.html"))
            ? folder
            : throw new SettingsException("CLOUDREVE_FRONT_END must be the folder of a built front end, with its index.html."),
    };

    private static OutgoingRules ReadOutgoing(IConfiguration configuration, string name)
    {
        try
        {
            return OutgoingRules.Parse(configuration[name]);
        }
        catch (FormatException e)
        {
            throw new SettingsException($"{name} must be host names, addresses and networks such as 10.1.0.0/16, comma-separated: " + e.Message);
        }
    }

    private static SealingKeys ReadSealingKeys(string? keys)
    {
        // The platform leaves a reference unchanged when it cannot resolve it.
        if (keys?.StartsWith("@Microsoft.KeyVault(", StringComparison.OrdinalIgnoreCase) == true)
            throw new SettingsException("CLOUDREVE_SEALING_KEYS refers to a key vault that the platform could not read: check the reference and the identity's role.");
        try
        {
            return SealingKeys.Parse(keys);
        }
        catch (FormatException e)
        {
            throw new SettingsException("CLOUDREVE_SEALING_KEYS is malformed. " + e.Message);
        }
    }

    private static KeyVaultOptions? ReadKeyVault(string? address)
    {
        if (string.IsNullOrEmpty(address))
            return null;
        return ReadService(address) is { } uri
            ? new KeyVaultOptions { Address = uri }
            : throw new SettingsException("CLOUDREVE_KEY_VAULT must be the address of a key vault, such as https://name.vault.azure.net.");
    }

    private static SearchServiceOptions? ReadSearch(string? address, string? key)
    {
        if (string.IsNullOrEmpty(address))
            return null;
        return ReadService(address) is { } uri
            ? new SearchServiceOptions { Address = uri, Key = string.IsNullOrEmpty(key) ? null : key }
            : throw new SettingsException("CLOUDREVE_SEARCH must be the address of a search service, such as https://name.search.windows.net.");
    }

    private static Uri? ReadService(string address) =>
        Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "https", PathAndQuery: "/", UserInfo: "" } ? uri : null;
}
