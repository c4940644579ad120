using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Infrastructure.Sealing;

/// <summary>
/// The operator's keys that seal secrets in tables, so that a copy of the tables reveals none of them: AES-256-GCM with a random nonce.
/// The first key seals, all of them open, so a key is replaced without a moment in which something cannot be read.
/// </summary>
public sealed class SealingKeys
{
    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int MaxId = 32;

    private readonly Dictionary<string, byte[]> _keys;

    private SealingKeys(string? currentId, Dictionary<string, byte[]> keys) => (CurrentId, _keys) = (currentId, keys);

    /// <summary>No keys: secrets are stored as they are.</summary>
    public static SealingKeys None { get; } = new(null, []);

    /// <summary>The id of the key that seals; null when there is none.</summary>
    public string? CurrentId { get; }

    /// <summary>Reads keys.</summary>
    /// <param name="text"><c>id:key</c>, comma-separated, each key 32 bytes in base64; null or empty for none.</param>
    /// <exception cref="FormatException">The text has another form; the message does not quote it.</exception>
    public static SealingKeys Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return None;
        var keys = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        string? current = null;
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            var id = colon > 0 ? item[..colon] : "";
            var key = new byte[KeyBytes];
            if (id.Length is 0 or > MaxId || !id.All(char.IsAsciiLetterOrDigit)
                || !Convert.TryFromBase64String(item[(colon + 1)..], key, out var length) || length != KeyBytes || !keys.TryAdd(id, key))
                throw new FormatException("Keys are written as id:key, comma-separated: the id has letters and digits, the key 32 bytes in base64.");
            current ??= id;
        }
        return new SealingKeys(current, keys);
    }

    /// <summary>Generates a key, in the form that <see cref="Parse"/> reads.</summary>
    /// <param name="id">The key's id.</param>
    public static string Draw(string id) => $"{id}:{Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes))}";

    /// <summary>Seals a text with the current key.</summary>
    /// <param name="purpose">The place of the text; it cannot be opened anywhere else.</param>
    /// <exception cref="InvalidOperationException">There is no key.</exception>
    internal string Seal(string purpose, string text)
    {
        if (CurrentId is null)
            throw new InvalidOperationException("There is no key to seal with.");
        var secret = Encoding.UTF8.GetBytes(text);
        var whole = new byte[NonceBytes + TagBytes + secret.Length];
        var (nonce, tag, content) = Split(whole);
        RandomNumberGenerator.Fill(nonce.Span);
        using var cipher = new AesGcm(_keys[CurrentId], TagBytes);
        cipher.Encrypt(nonce.Span, secret, content.Span, tag.Span, Encoding.UTF8.GetBytes(purpose));
        return Base64Url.EncodeToString(whole);
    }

    /// <summary>Opens what <see cref="Seal"/> returned.</summary>
    /// <param name="keyId">The key that sealed it.</param>
    /// <param name="purpose">The place of the text.</param>
    /// <exception cref="CloudreveException">50002: the key is unknown, or the text was altered or belongs to another context.</exception>
    internal string Open(string keyId, string purpose, string sealedText)
    {
        if (!_keys.TryGetValue(keyId, out var key))
            throw Unknown(keyId);
        try
        {
            var whole = Base64Url.DecodeFromChars(sealedText);
            if (whole.Length < NonceBytes + TagBytes)
                throw new CryptographicException("The sealed text is too short.");
            var (nonce, tag, content) = Split(whole);
            var secret = new byte[content.Length];
            using var cipher = new AesGcm(key, TagBytes);
            cipher.Decrypt(nonce.Span, content.Span, tag.Span, secret, Encoding.UTF8.GetBytes(purpose));
            return Encoding.UTF8.GetString(secret);
        }
        catch (Exception e) when (e is FormatException or CryptographicException)
        {
            throw new CloudreveException(
                ErrorCode.EncryptionError, "A secret of the site cannot be opened.", new CryptographicException($"The secret at {purpose} was changed or moved, or key {keyId} is another one.", e));
        }
    }

    /// <summary>Throws unless a key is known.</summary>
    /// <param name="keyId">The key that sealed something; null for none.</param>
    /// <exception cref="CloudreveException">50002: it is not known.</exception>
    internal void Require(string? keyId)
    {
        if (keyId is not null && !_keys.ContainsKey(keyId))
            throw Unknown(keyId);
    }

    private static (Memory<byte> Nonce, Memory<byte> Tag, Memory<byte> Content) Split(byte[] whole) =>
        (whole.AsMemory(0, NonceBytes), whole.AsMemory(NonceBytes, TagBytes), whole.AsMemory(NonceBytes + TagBytes));

    private static CloudreveException Unknown(string keyId) => new(
        ErrorCode.EncryptionError,
        "The site's secrets are sealed with a key that this app does not have.",
        new CryptographicException($"The key '{keyId}' is not among CLOUDREVE_SEALING_KEYS."));
}
