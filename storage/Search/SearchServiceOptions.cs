using Azure.Core;

namespace Cloudreve.AzureStorage.Search;

/// <summary>Options for connecting to Azure AI Search.</summary>
public sealed record SearchServiceOptions
{
    /// <summary>The service's address, such as <c>https://name.search.windows.net</c>.</summary>
    public required Uri Address { get; init; }

    /// <summary>An admin key; null for the app's identity, which needs the roles Search Service Contributor and Search Index Data Contributor.</summary>
    public string? Key { get; init; }

    /// <summary>For tests: the identity that calls; null for the app's own.</summary>
    public TokenCredential? Credential { get; init; }

    /// <summary>For tests: sends the requests.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Maximum number of retries of a throttled or failed request. A person may be waiting, so few.</summary>
    public int MaxRetries { get; init; } = 2;

    /// <summary>The pause before the first retry; it doubles with each.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);
}
