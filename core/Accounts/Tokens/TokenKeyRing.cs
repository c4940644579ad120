using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.IdentityModel.Tokens;

namespace Cloudreve.Core.Accounts.Tokens;

/// <summary>A key that signs tokens.</summary>
/// <param name="Id">The id in the header of every token that it signs.</param>
/// <param name="Secret">At least 256 bits, as text.</param>
/// <param name="ActiveFrom">The time it begins to sign.</param>
internal sealed record TokenKey(string Id, string Secret, DateTimeOffset ActiveFrom)
{
    /// <summary>Generates a key, which signs from <see cref="TokenKeyRing.ActivationDelay"/> on.</summary>
    public static TokenKey Draw(DateTimeOffset now) => new(
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)), Convert.ToBase64String(RandomNumberGenerator.GetBytes(48)),
        now + TokenKeyRing.ActivationDelay);

    /// <summary>The key in the form of the token library, which writes and compares the id.</summary>
    public SymmetricSecurityKey ForTokens() => new(Encoding.UTF8.GetBytes(Secret)) { KeyId = Id };
}

/// <summary>
/// The keys that sign tokens, in order of activation. One signs; those before it verify until the last token that they signed has
/// expired.
/// </summary>
/// <param name="keys">At least one key.</param>
internal sealed class TokenKeyRing(IReadOnlyList<TokenKey> keys)
{
    /// <summary>
    /// The delay between the creation of a key and its first signature: longer than any instance caches old keys, so that all know it by then.
    /// </summary>
    public static readonly TimeSpan ActivationDelay = TimeSpan.FromMinutes(15);

    /// <summary>The longest lifetime that any token has.</summary>
    public static readonly TimeSpan LongestToken = TimeSpan.FromDays(366);

    /// <summary>
    /// The time that an instance continues with the keys that it knows when it cannot read them; a key may sign for that much longer.
    /// </summary>
    public static readonly TimeSpan LongestOutage = TimeSpan.FromHours(24);

    /// <summary>The keys, the latest last.</summary>
    public IReadOnlyList<TokenKey> Keys { get; } = [.. keys.OrderBy(key => key.ActiveFrom)];

    /// <summary>The key that signs.</summary>
    public TokenKey Current(DateTimeOffset now) => Keys.LastOrDefault(key => key.ActiveFrom <= now) ?? Keys[0];

    /// <summary>The key of an id, if it may still verify.</summary>
    /// <param name="id">The id that a token names; null for none.</param>
    public TokenKey? Find(string? id, DateTimeOffset now) => Verifying(now).FirstOrDefault(key => string.Equals(key.Id, id, StringComparison.Ordinal));

    /// <summary>A ring with another key.</summary>
    public TokenKeyRing With(TokenKey key) => new([.. Keys, key]);

    /// <summary>The ring without keys that no longer verify anything.</summary>
    public TokenKeyRing At(DateTimeOffset now) => new([.. Verifying(now)]);

    /// <summary>The ring as JSON.</summary>
    public string Write() => JsonSerializer.Serialize(Keys, TokenKeyJson.Default.IReadOnlyListTokenKey);

    /// <summary>Reads a ring; null for none.</summary>
    /// <param name="json">The JSON; null or empty for none.</param>
    /// <exception cref="JsonException">It is malformed.</exception>
    public static TokenKeyRing? Read(string? json) =>
        !string.IsNullOrEmpty(json) && JsonSerializer.Deserialize(json, TokenKeyJson.Default.IReadOnlyListTokenKey) is { Count: > 0 } keys
            ? new TokenKeyRing(keys)
            : null;

    private IEnumerable<TokenKey> Verifying(DateTimeOffset now) =>
        Keys.Where((_, index) => index == Keys.Count - 1 || now < Keys[index + 1].ActiveFrom + LongestToken + LongestOutage);
}

/// <summary>JSON of keys.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IReadOnlyList<TokenKey>))]
internal sealed partial class TokenKeyJson : JsonSerializerContext;
