using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Cloudreve.AzureStorage.Blobs;

/// <summary>
/// Keeps one user delegation key and renews it ahead of time, so that no request waits for a new one while the current one is still valid. Azure
/// allows seven days at most.
/// </summary>
internal sealed class UserDelegationKeyCache(BlobServiceClient service, TimeProvider clock)
{
    /// <summary>The maximum lifetime of a signature.</summary>
    public static readonly TimeSpan MaxSignature = TimeSpan.FromDays(5);

    private static readonly TimeSpan Life = TimeSpan.FromDays(6);

    // Half a day before the key becomes too short-lived for the longest signature.
    private static readonly TimeSpan RenewalBelow = MaxSignature + TimeSpan.FromHours(12);
    private static readonly TimeSpan RenewalPause = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private (UserDelegationKey Key, DateTimeOffset Until)? _known;
    private (Task<UserDelegationKey> Key, DateTimeOffset Until, DateTimeOffset BegunAt)? _renewal;

    public string AccountName => service.AccountName;

    public Task<UserDelegationKey> GetAsync(DateTimeOffset neededUntil)
    {
        lock (_lock)
        {
            var now = clock.GetUtcNow();
            if (_known is not { } known || known.Until <= neededUntil)
                return _renewal is { Key.IsCompleted: false } running && running.Until > neededUntil ? running.Key : Renew(now);
            if (known.Until - now < RenewalBelow && (_renewal is not { } last || (last.Key.IsCompleted && last.BegunAt + RenewalPause < now)))
                _ = Renew(now);
            return Task.FromResult(known.Key);
        }
    }

    private Task<UserDelegationKey> Renew(DateTimeOffset now)
    {
        var until = now + Life;
        var key = Task.Run(() => FetchAsync(now.AddMinutes(-5), until));
        _renewal = (key, until, now);
        return key;
    }

    private async Task<UserDelegationKey> FetchAsync(DateTimeOffset from, DateTimeOffset until)
    {
        var key = (await service.GetUserDelegationKeyAsync(new BlobGetUserDelegationKeyOptions(until) { StartsOn = from })).Value;
        lock (_lock)
            _known = (key, until);
        return key;
    }
}
