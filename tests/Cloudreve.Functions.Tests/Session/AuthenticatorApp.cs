using System.Globalization;
using System.Security.Cryptography;

namespace Cloudreve.Functions.Tests.Session;

/// <summary>An authenticator app: a phone's use of the secret that it was shown (RFC 6238), written without the product's own code.</summary>
/// <param name="secret">The secret in base32.</param>
internal sealed class AuthenticatorApp(string secret)
{
    /// <summary>The code of a moment.</summary>
    /// <param name="time">The moment.</param>
    public string Code(DateTimeOffset time)
    {
        var bits = string.Concat(secret.Select(letter => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(letter), 2).PadLeft(5, '0')));
        var key = Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2)).ToArray();
        var counter = BitConverter.GetBytes(time.ToUnixTimeSeconds() / 30);
        Array.Reverse(counter);
#pragma warning disable CA5350 // RFC 6238 prescribes the hash.
        var hash = HMACSHA1.HashData(key, counter);
#pragma warning restore CA5350
        var at = hash[^1] & 0xF;
        var number = (hash[at] & 0x7F) << 24 | hash[at + 1] << 16 | hash[at + 2] << 8 | hash[at + 3];
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
