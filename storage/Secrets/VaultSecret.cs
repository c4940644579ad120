using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using Cloudreve.AzureStorage.Pipeline;

namespace Cloudreve.AzureStorage.Secrets;

/// <summary>A version of a secret, without its value.</summary>
/// <param name="Id">Identifies a version of the secret.</param>
/// <param name="IsEnabled">False when it was disabled; its value cannot be read then.</param>
/// <param name="Tags">The tags that the writer stored.</param>
public sealed record SecretVersion(string Id, bool IsEnabled, IReadOnlyDictionary<string, string> Tags);

/// <summary>
/// A secret of a key vault with all its versions. A vault has no conditional writes: each write adds a version, and no version takes
/// another's place. Errors are <see cref="StorageUnavailableException"/> and other kinds of <see cref="StorageException"/>.
/// </summary>
public sealed class VaultSecret
{
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(5);

    private readonly SecretClient _client;
    private readonly string _name;

    /// <summary>Creates the client; sends nothing yet.</summary>
    /// <param name="options">The options for connecting to the vault.</param>
    /// <param name="name">The secret's name: letters, digits and hyphens.</param>
    public VaultSecret(KeyVaultOptions options, string name)
    {
        var client = new SecretClientOptions
        {
            Transport = options.Handler is { } handler ? new HttpClientTransport(new HttpClient(handler, disposeHandler: false)) : Connections.Metadata,
        };
        client.Retry.MaxRetries = options.MaxRetries;
        client.Retry.Delay = options.RetryDelay;
        client.Retry.NetworkTimeout = NetworkTimeout;
        client.Diagnostics.IsDistributedTracingEnabled = false;
        client.Diagnostics.IsLoggingEnabled = false;
        _client = new SecretClient(options.Address, options.Credential ?? AppIdentity.Credential, client);
        _name = name;
    }

    /// <summary>All versions; none when there is no such secret. One request for each 25 versions.</summary>
    public async Task<IReadOnlyList<SecretVersion>> ListAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await CallAsync(async () =>
            {
                var versions = new List<SecretVersion>();
                await foreach (var version in _client.GetPropertiesOfSecretVersionsAsync(_name, cancellationToken))
                    versions.Add(new SecretVersion(version.Version, version.Enabled ?? true, version.Tags.AsReadOnly()));
                return versions;
            });
        }
        catch (StorageNotFoundException)
        {
            return [];
        }
    }

    /// <summary>The value of a version. One request.</summary>
    /// <param name="version">The version's id.</param>
    public Task<string> ReadAsync(string version, CancellationToken cancellationToken = default) =>
        CallAsync(async () => (await _client.GetSecretAsync(_name, version, cancellationToken: cancellationToken)).Value.Value);

    /// <summary>Adds a version. One request. When its response is lost and it is repeated, there are two with the same content.</summary>
    /// <param name="tags">Tags to store with it; not secret.</param>
    public Task AddAsync(string value, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken = default)
    {
        var secret = new KeyVaultSecret(_name, value);
        foreach (var (key, text) in tags)
            secret.Properties.Tags[key] = text;
        return CallAsync(() => _client.SetSecretAsync(secret, cancellationToken));
    }

    private static Task<T> CallAsync<T>(Func<Task<T>> call) => StorageErrors.GuardAsync("Key vault", call);
}
