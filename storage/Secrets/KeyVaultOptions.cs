using Azure.Core;

namespace Cloudreve.AzureStorage.Secrets;

/// <summary>Options for connecting to a key vault.</summary>
public sealed record KeyVaultOptions
{
    /// <summary>The vault's address, such as <c>https://name.vault.azure.net</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>For tests: the identity that calls; null for the app's own.</summary>
    public TokenCredential? Credential { get; init; }

    /// <summary>For tests: sends the requests.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Maximum number of retries of a throttled or failed request. A person may be waiting, so few.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>The pause before the first retry; it doubles with each.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);
}
