using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Cloudreve.AzureStorage.Blobs;

/// <summary>Keeps one user delegation key and renews it when a signature would outlive it. Azure allows seven days at most.</summary>
internal sealed class UserDelegationKeyCache(BlobServiceClient service, TimeProvider clock)
{
    /// <summary>The longest that a signature may last.</summary>
    public static readonly TimeSpan MaxSignature = TimeSpan.FromDays(5);

    private static readonly TimeSpan Life = TimeSpan.FromDays(6);
    private (Task<UserDelegationKey> Key, DateTimeOffset Until)? _cached;
    private readonly Lock _renewal = new();

    public string AccountName => service.AccountName;

    public Task<UserDelegationKey> GetAsync(DateTimeOffset neededUntil)
    {
        lock (_renewal)
        {
            if (_cached is { } hit && hit.Until > neededUntil && !hit.Key.IsFaulted && !hit.Key.IsCanceled)
                return hit.Key;
            var now = clock.GetUtcNow();
            var until = now + Life;
            _cached = (FetchAsync(now.AddMinutes(-5), until), until);
            return _cached.Value.Key;
        }
    }

    private async Task<UserDelegationKey> FetchAsync(DateTimeOffset from, DateTimeOffset until) =>
        (await service.GetUserDelegationKeyAsync(new BlobGetUserDelegationKeyOptions(until) { StartsOn = from })).Value;
}
