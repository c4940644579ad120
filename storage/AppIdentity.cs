using Azure.Core;
using Azure.Identity;
using Cloudreve.AzureStorage.Pipeline;

namespace Cloudreve.AzureStorage;

/// <summary>The app's identity in Azure, used for all services; a developer's own elsewhere.</summary>
internal static class AppIdentity
{
    // One per process: its tokens are fetched once and renewed for all services.
    private static readonly Lazy<TokenCredential> Shared = new(() => new DefaultAzureCredential(new DefaultAzureCredentialOptions
    {
        // Requests wait for the first token, outside of their own limits.
        Retry = { MaxRetries = 2, NetworkTimeout = CallLimits.Metadata },
    }));

    public static TokenCredential Credential => Shared.Value;
}
