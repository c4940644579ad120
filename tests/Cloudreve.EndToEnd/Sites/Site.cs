using System.Globalization;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.EndToEnd.Processes;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.EndToEnd.Sites;

/// <summary>A site of its own in the storage account, and the local host that runs it: once, or again after each kill.</summary>
internal sealed class Site : IAsyncDisposable
{
    private const string PrefixVariable = "CLOUDREVE_PREFIX";
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(2);
    private readonly Dictionary<string, string> _settings;
    private readonly int _port = ChoosePort();
    private HostProcess? _host;

    /// <summary>Describes a site; starts nothing.</summary>
    /// <param name="azurite">The emulator of its storage.</param>
    /// <param name="settings">App settings beside those that every test needs.</param>
    public Site(AzuriteServer azurite, params IEnumerable<(string Name, string Value)> settings)
    {
        Storage = azurite.Connect();
        Layout = new StorageLayout(Storage, AzuriteServer.UniqueName()[..12]);
        Address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"));
        Client = new SiteClient(Address);
        _settings = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = azurite.ConnectionString,
            ["AzureFunctionsWebHost__hostid"] = Prefix,
            ["AzureFunctionsJobHost__extensions__durableTask__hubName"] = HubName,
            ["AzureFunctionsJobHost__extensions__durableTask__storageProvider__maxQueuePollingInterval"] = "00:00:00.200",
            ["AzureFunctionsJobHost__extensions__queues__maxPollingInterval"] = "00:00:00.500",
            ["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] = "115343360",
            // Elsewhere than on a developer's machine the site trusts no host name but its own.
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Production",
            [PrefixVariable] = Prefix,
            // The servers that tests stand up, for mail first of all, listen on this machine.
            ["CLOUDREVE_PRIVATE_HOSTS"] = "127.0.0.0/8",
            ["CLOUDREVE_DOWNLOAD_HOSTS"] = "127.0.0.0/8",
            ["CLOUDREVE_BLOB_TRIGGER"] = "LogsAndContainerScan",
            ["CLOUDREVE_SITE_URL"] = Address.GetLeftPart(UriPartial.Authority),
            ["CLOUDREVE_ADMIN_EMAIL"] = SiteClient.AdminEmail,
            ["CLOUDREVE_ADMIN_PASSWORD"] = SiteClient.AdminPassword,
        };
        foreach (var (name, value) in settings)
            _settings[name] = value;
    }

    public StorageAccount Storage { get; }

    /// <summary>The names of what the site keeps in storage.</summary>
    public StorageLayout Layout { get; }

    public string Prefix => Layout.Prefix;

    /// <summary>The name of the task hub, which is that of its tables and queues, too.</summary>
    public string HubName => "Hub" + Prefix;

    public Uri Address { get; }

    public SiteClient Client { get; }

    /// <summary>The container of the seeded storage policy.</summary>
    public BlobContainer Files => Storage.Container(Layout.FilesContainerName);

    /// <summary>The host that was started last.</summary>
    public HostProcess Host => _host ?? throw new InvalidOperationException("The site was not started.");

    /// <summary>Starts the site and waits until it answers.</summary>
    public async Task<Site> StartAsync()
    {
        Launch();
        await AwaitAnswerAsync();
        return this;
    }

    /// <summary>Starts the site and does not wait for it.</summary>
    public void Launch() => _host = HostProcess.Start(_port, _settings);

    /// <summary>Waits until the site answers.</summary>
    public async Task AwaitAnswerAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        await Eventually.TrueAsync(() => IsAnsweringAsync(client), s_startTimeout, () => $"an answer. The host wrote:\n{Host.Story}");
    }

    /// <summary>Kills the host, and checks that no process of the site stays behind.</summary>
    public async Task KillAsync()
    {
        Host.Dispose();
        _host = null;
        await Eventually.TrueAsync(
            () => Task.FromResult(ProcessTable.FindByVariable(PrefixVariable, _settings[PrefixVariable]).Count == 0), s_endTimeout, () => "the end of the worker");
    }

    /// <summary>Kills the worker, and waits until the host has replaced it.</summary>
    public async Task KillWorkerAsync()
    {
        var worker = await Host.FindWorkerAsync();
        HostProcess.Kill(worker);
        await Eventually.TrueAsync(
            () => Task.FromResult(ProcessTable.ChildrenOf(Host.Id) is [var next] && next != worker),
            TimeSpan.FromSeconds(30),
            () => $"another worker. The host wrote:\n{Host.Output}");
    }

    /// <summary>Kills the host and starts the site again.</summary>
    public async Task RestartAsync()
    {
        await KillAsync();
        await StartAsync();
    }

    /// <summary>Waits until something is so.</summary>
    public Task EventuallyAsync(Func<Task<bool>> condition, TimeSpan? limit = null) =>
        Eventually.TrueAsync(condition, limit ?? s_timeout, () => $"what the test waits for. The host wrote:\n{Host.Story}");

    /// <summary>Writes blobs beside the site, as an owner of the storage account does.</summary>
    /// <param name="blobs">Names and contents.</param>
    public async Task WriteAsync(params IEnumerable<(string Name, byte[] Content)> blobs)
    {
        // The site makes its container at its start.
        await EventuallyAsync(() => Files.ExistsAsync());
        await BoundedParallel.ForEachAsync(
            blobs,
            8,
            (blob, token) => Files.WriteAsync(blob.Name, BinaryData.FromBytes(blob.Content), cancellationToken: token));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_host is not null)
            await KillAsync();
    }

    private async Task<bool> IsAnsweringAsync(HttpClient client)
    {
        if (Host.HasExited)
            throw new InvalidOperationException($"The host has ended:\n{Host.Output}");
        try
        {
            using var answer = await client.GetAsync("/api/v4/site/ping");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>A port that the system gives to no outgoing connection while the host is down.</summary>
    private static int ChoosePort()
    {
        var taken = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(listener => listener.Port).ToHashSet();
        int port;
        do
            port = RandomNumberGenerator.GetInt32(20_000, 32_000);
        while (taken.Contains(port));
        return port;
    }
}
