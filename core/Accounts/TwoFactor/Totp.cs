using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Cloudreve.Core.Accounts.TwoFactor;

/// <summary>Time-based one-time passwords (RFC 6238) as authenticator apps make them: HMAC-SHA-1, steps of 30 s, six digits.</summary>
internal static class Totp
{
    /// <summary>The length of a new secret in bytes: that of the hash, as RFC 4226 recommends.</summary>
    public const int SecretBytes = 20;

    private const int Digits = 6;
    private const int Modulus = 1_000_000;
    private const int StepSeconds = 30;

    // RFC 6238, 5.2: one step back for the delay of the network and the user. One step ahead for clocks of phones.
    private const int Skew = 1;

    /// <summary>The step of a moment.</summary>
    /// <param name="time">The moment.</param>
    public static long StepAt(DateTimeOffset time) => time.ToUnixTimeSeconds() / StepSeconds;

    /// <summary>The code of a step.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6238 and authenticator apps prescribe HMAC-SHA-1, which is not broken.")]
    public static string CodeAt(ReadOnlySpan<byte> secret, long step)
    {
        Span<byte> counter = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(counter, step);
        Span<byte> hash = stackalloc byte[HMACSHA1.HashSizeInBytes];
        HMACSHA1.HashData(secret, counter, hash);
        // RFC 4226, 5.3: the last four bits give the offset of the number.
        var number = BinaryPrimitives.ReadUInt32BigEndian(hash[(hash[^1] & 0xF)..]) & 0x7FFF_FFFF;
        return (number % Modulus).ToString("D" + Digits, CultureInfo.InvariantCulture);
    }

    /// <summary>The step that a code belongs to; null for a wrong code and for one that was used, or is older than a used one.</summary>
    /// <param name="code">The code that the user typed.</param>
    /// <param name="lastStep">The step of the last code that was taken.</param>
    public static long? FindStep(ReadOnlySpan<byte> secret, string code, DateTimeOffset now, long lastStep)
    {
        long? found = null;
        var given = Encoding.UTF8.GetBytes(code.Trim());
        var current = StepAt(now);
        for (var step = current - Skew; step <= current + Skew; step++)
        {
            // All steps are tried, whichever matches, so that the time reveals nothing.
            if (CryptographicOperations.FixedTimeEquals(given, Encoding.ASCII.GetBytes(CodeAt(secret, step))) && step > lastStep)
                found = step;
        }
        return found;
    }
}
