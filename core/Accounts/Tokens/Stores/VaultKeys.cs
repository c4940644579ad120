using System.Collections.Concurrent;
using System.Globalization;
using Cloudreve.AzureStorage.Secrets;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Accounts.Tokens.Stores;

/// <summary>The content of a vault.</summary>
/// <param name="Ids">The ids of all keys, also of those that are switched off.</param>
/// <param name="Keys">The keys that are switched on and verify something.</param>
internal sealed record VaultContent(IReadOnlySet<string> Ids, IReadOnlyList<TokenKey> Keys);

/// <summary>
/// Keys as versions of one secret: each key is a version, whose value is the key's secret and whose tags say the rest. So adding a key removes
/// none, even if others add one at the same moment. A key whose version was disabled no longer verifies anything.
/// </summary>
internal sealed class VaultKeys(VaultSecret secret)
{
    /// <summary>The secret's name.</summary>
    public const string SecretName = "cloudreve-token-keys";

    private const string KeyId = "key-id";
    private const string ActiveFrom = "active-from";
    private const int Readers = 8;

    // The value of a version never changes.
    private IReadOnlyDictionary<string, string> _values = new Dictionary<string, string>();

    /// <summary>Reads the keys. One request for each 25 versions, and one for each key that is new to this process.</summary>
    /// <param name="now">The time; keys that verify nothing any more are not read.</param>
    public async Task<VaultContent> ReadAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        // A version without our tags is not ours. A key has two versions when a response was lost or two instances added the same one.
        var known = (await secret.ListAsync(cancellationToken)).Select(Describe).OfType<Listed>().GroupBy(listed => listed.Key.Id).ToList();
        var enabled = known.Where(versions => versions.All(listed => listed.IsEnabled))
            .Select(versions => versions.MinBy(listed => listed.Key.ActiveFrom)!).ToList();
        if (enabled.Count == 0)
            return new VaultContent(known.Select(versions => versions.Key).ToHashSet(), []);
        var wanted = new TokenKeyRing([.. enabled.Select(listed => listed.Key)]).At(now).Keys.Select(key => key.Id).ToHashSet();
        var values = new ConcurrentDictionary<string, string>();
        await BoundedParallel.ForEachAsync(
            enabled.Where(listed => wanted.Contains(listed.Key.Id)),
            Readers,
            async (listed, token) => values[listed.Version] = _values.GetValueOrDefault(listed.Version) ?? await secret.ReadAsync(listed.Version, token),
            cancellationToken);
        _values = values;
        return new VaultContent(
            known.Select(versions => versions.Key).ToHashSet(),
            [.. enabled.Where(listed => values.ContainsKey(listed.Version)).Select(listed => listed.Key with { Secret = values[listed.Version] })]);
    }

    /// <summary>Adds a key. One request.</summary>
    public Task AddAsync(TokenKey key, CancellationToken cancellationToken) => secret.AddAsync(
        key.Secret,
        new Dictionary<string, string>
        {
            [KeyId] = key.Id,
            [ActiveFrom] = key.ActiveFrom.ToString("O", CultureInfo.InvariantCulture),
        },
        cancellationToken);

    private static Listed? Describe(SecretVersion version) =>
        version.Tags.TryGetValue(KeyId, out var id) && version.Tags.TryGetValue(ActiveFrom, out var text)
        && DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out var activeFrom)
            ? new Listed(version.Id, version.IsEnabled, new TokenKey(id, "", activeFrom))
            : null;

    private sealed record Listed(string Version, bool IsEnabled, TokenKey Key);
}
