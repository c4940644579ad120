using System.Globalization;
using System.Net;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Secrets;

namespace Cloudreve.Functions.Hosting;

/// <summary>Who calls the app.</summary>
internal enum HostingMode
{
    /// <summary>Nobody but the client: the app serves HTTP itself and is its own host.</summary>
    Standalone,

    /// <summary>A Functions host on this machine.</summary>
    Handler,

    /// <summary>Nobody: the app writes its function definitions and ends.</summary>
    Emission,
}

/// <summary>How this process runs, from environment variables and the command line.</summary>
internal sealed record HostSettings
{
    /// <summary>The port of the standalone mode when none is given: that of local Functions hosts.</summary>
    public const int DefaultPort = 7071;

    /// <summary>Who calls the app.</summary>
    public required HostingMode Mode { get; init; }

    /// <summary>The address to listen on.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port to listen on; 0 for a free one.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Where to write function definitions in <see cref="HostingMode.Emission"/>.</summary>
    public string? EmissionFolder { get; init; }

    /// <summary>The app's storage account.</summary>
    public required StorageAccountOptions Storage { get; init; }

    /// <summary>What names of tables, containers and queues start with.</summary>
    public string Prefix { get; init; } = "cloudreve";

    /// <summary>The folder of a built web front end that the standalone mode serves beside the API; null for none.</summary>
    public string? FrontEndFolder { get; init; }

    /// <summary>The source of the opt-in blob trigger function; null when there shall be none.</summary>
    public string? BlobTriggerSource { get; init; }

    /// <summary>The key vault that holds the keys that sign tokens; null when the settings table does.</summary>
    public KeyVaultOptions? KeyVault { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="configuration">Environment variables and command line.</param>
    /// <exception cref="SettingsException">A setting is missing or not understood.</exception>
    public static HostSettings Read(IConfiguration configuration)
    {
        var emissionFolder = configuration["emit-functions"];
        var settings = new HostSettings
        {
            Mode = string.IsNullOrEmpty(emissionFolder) ? HostingMode.Standalone : HostingMode.Emission,
            EmissionFolder = emissionFolder,
            // Emission needs names only and sends nothing.
            Storage = ReadStorage(configuration) ?? (string.IsNullOrEmpty(emissionFolder)
                ? throw new SettingsException("AzureWebJobsStorage is not set: give it a connection string, or AzureWebJobsStorage__accountName the name of an account.")
                : new StorageAccountOptions { ConnectionString = "UseDevelopmentStorage=true" }),
            Prefix = ReadPrefix(configuration),
            BlobTriggerSource = ReadBlobTrigger(configuration),
            KeyVault = ReadKeyVault(configuration["CLOUDREVE_KEY_VAULT"]),
        };
        if (settings.Mode == HostingMode.Emission)
            return settings;
        if (configuration["FUNCTIONS_CUSTOMHANDLER_PORT"] is { Length: > 0 } handlerPort)
            return settings with { Mode = HostingMode.Handler, Port = ReadPort("FUNCTIONS_CUSTOMHANDLER_PORT", handlerPort) };
        return settings with
        {
            Address = ReadAddress(configuration["CLOUDREVE_BIND"]),
            FrontEndFolder = ReadFrontEnd(configuration["CLOUDREVE_FRONT_END"]),
            Port = (configuration["port"] ?? configuration["CLOUDREVE_PORT"]) is { Length: > 0 } port ? ReadPort("CLOUDREVE_PORT", port) : DefaultPort,
        };
    }

    private static StorageAccountOptions? ReadStorage(IConfiguration configuration)
    {
        if (configuration["AzureWebJobsStorage"] is { Length: > 0 } connection)
            return new StorageAccountOptions { ConnectionString = connection };
        return configuration["AzureWebJobsStorage:accountName"] is { Length: > 0 } name ? new StorageAccountOptions { AccountName = name } : null;
    }

    private static string? ReadFrontEnd(string? folder) => folder switch
    {
        null or "" => null,
        _ => File.Exists(Path.Combine(folder, "index.html"))
            ? folder
            : throw new SettingsException("CLOUDREVE_FRONT_END must be the folder of a built front end, with its index.html."),
    };

    private static string ReadPrefix(IConfiguration configuration)
    {
        var prefix = configuration["CLOUDREVE_PREFIX"] is { Length: > 0 } given ? given : "cloudreve";
        // The shortest rule of tables, containers and queues, with room for the longest name behind it.
        if (prefix.Length > 32 || !char.IsAsciiLetterLower(prefix[0]) || !prefix.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
            throw new SettingsException("CLOUDREVE_PREFIX must be up to 32 lower-case letters and digits, a letter first.");
        return prefix;
    }

    private static string? ReadBlobTrigger(IConfiguration configuration) => configuration["CLOUDREVE_BLOB_TRIGGER"] switch
    {
        null or "" => null,
        "EventGrid" or "LogsAndContainerScan" => configuration["CLOUDREVE_BLOB_TRIGGER"],
        _ => throw new SettingsException("CLOUDREVE_BLOB_TRIGGER must be EventGrid or LogsAndContainerScan, or not set."),
    };

    private static KeyVaultOptions? ReadKeyVault(string? address)
    {
        if (string.IsNullOrEmpty(address))
            return null;
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri is { Scheme: "https", PathAndQuery: "/", UserInfo: "" }
            ? new KeyVaultOptions { Address = uri }
            : throw new SettingsException("CLOUDREVE_KEY_VAULT must be the address of a key vault, such as https://name.vault.azure.net.");
    }

    private static int ReadPort(string setting, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= IPEndPoint.MaxPort
            ? port
            : throw new SettingsException($"{setting} must be a port from 0 to {IPEndPoint.MaxPort}.");

    private static IPAddress ReadAddress(string? value) => value switch
    {
        null or "" => IPAddress.Loopback,
        "*" => IPAddress.Any,
        _ => IPAddress.TryParse(value, out var address) ? address : throw new SettingsException("CLOUDREVE_BIND must be an IP address, or * for all."),
    };
}

/// <summary>A setting that keeps the process from starting. The message is for the operator and holds no secret.</summary>
internal sealed class SettingsException(string message) : Exception(message);
