using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Storage;

/// <summary>
/// The containers behind storage policies: in the app's own account, or, when a policy names a server and keys, in another.
/// </summary>
/// <param name="layout">The app's own account.</param>
/// <param name="clock">The clock for signatures.</param>
public sealed class PolicyContainers(StorageLayout layout, TimeProvider clock)
{
    private readonly ConcurrentDictionary<(string Server, string Name, string Key), StorageAccount> _others = new();

    /// <summary>The container that holds a policy's blobs; no request is sent.</summary>
    /// <exception cref="CloudreveException">40006 when the policy's driver is not Azure Blob storage.</exception>
    public BlobContainer Get(StoragePolicy policy)
    {
        if (policy.Driver != StorageDriver.AzureBlob)
            throw new CloudreveException(ErrorCode.PolicyNotAllowed, "The storage policy's driver is not supported.");
        return AccountOf(policy).Container(policy.BucketName);
    }

    /// <summary>Tells the container of a policy from those of others: several may share one, also by different addresses. No request is sent.</summary>
    internal string IdentityOf(StoragePolicy policy) =>
        policy.Server.Length == 0 ? layout.Container(policy.BucketName).Identity : BlobContainer.IdentityOf(policy.Server, policy.BucketName);

    /// <summary>The policies among some whose blobs are in containers of Azure, by container.</summary>
    internal IEnumerable<IGrouping<string, StoragePolicy>> Group(IEnumerable<StoragePolicy> policies) =>
        policies.Where(policy => policy.Driver == StorageDriver.AzureBlob).GroupBy(IdentityOf);

    /// <summary>The product's own areas in the container of a policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="all">Every policy of the site.</param>
    internal OwnAreas AreasOf(StoragePolicy policy, IEnumerable<StoragePolicy> all) =>
        new(all.Where(other => IdentityOf(other) == IdentityOf(policy)).Append(policy));

    /// <summary>The account of a policy's container; no request is sent.</summary>
    /// <param name="policy">The policy, of Azure Blob storage.</param>
    internal StorageAccount AccountOf(StoragePolicy policy) => policy.Server.Length == 0
        ? layout.Account
        : _others.GetOrAdd(
            (policy.Server, policy.AccessKey, policy.SecretKey),
            static (account, clock) => new StorageAccount(
                new StorageAccountOptions
                {
                    ConnectionString = $"BlobEndpoint={account.Server};AccountName={account.Name};AccountKey={account.Key};"
                        + $"TableEndpoint={account.Server};QueueEndpoint={account.Server}",
                },
                clock),
            clock);
}
