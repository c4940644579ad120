using System.Diagnostics.Metrics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Hashes passwords with Argon2id and keeps the parameters beside the hash, in the PHC string format. The cost is the one that
/// OWASP's password storage guidance names: 19 MiB, two passes, one lane.
/// </summary>
public static class PasswordHasher
{
    private const int MemoryKib = 19_456;
    private const int Passes = 2;
    private const int Lanes = 1;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const int MaxMemoryKib = 1 << 20;
    private const int MaxPasses = 64;

    // Waiting requests take no memory, but time: a full queue is processed in a few seconds.
    private const int MaxWaiting = 256;
    private const int MaxWaitingOfClient = 32;

    /// <summary>
    /// Maximum number of callers' passwords that are hashed at once: each takes 19 MiB and a processor, and anybody can ask for one.
    /// </summary>
    internal static readonly int MaxAtOnce = Math.Min(Environment.ProcessorCount, 8);

    // One measurement for each hash that is computed: the cost of sign-ins, and the proof that unknown accounts cost the same.
    private static readonly Meter Meter = new("Cloudreve.Identity");
    private static readonly Counter<long> Hashes = Meter.CreateCounter<long>("cloudreve.password.hashes");
    private static readonly UpDownCounter<long> Running = Meter.CreateUpDownCounter<long>("cloudreve.password.hashes.running");

    private static readonly HashingQueue Queue = new(MaxAtOnce, MaxWaiting, MaxWaitingOfClient);

    // As costly as the hash of an account, and no password has it.
    private static readonly string Dummy = Describe(RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));

    /// <summary>Hashes a password with a new salt, in its canonical form: keyboards of different systems send the same letters differently.</summary>
    public static string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return Describe(salt, Derive(CanonicalText.Of(password), salt, MemoryKib, Passes, Lanes, HashBytes));
    }

    /// <summary>Verifies a password against a hash. Takes as long when there is no hash to compare with.</summary>
    /// <param name="stored">The result of <see cref="Hash"/>; null for an account without password or no account at all.</param>
    public static bool Verify(string password, string? stored)
    {
        if (!TryParse(stored ?? Dummy, out var known))
            return false;
        // Earlier releases hashed passwords in whatever form they came: a password that was set on one system may now be typed on another.
        string[] forms = [CanonicalText.Of(password), password, CanonicalText.Decomposed(password)];
        return forms.Distinct(StringComparer.Ordinal).Any(form => IsOf(known, form)) && stored is not null;
    }

    /// <summary>Hashes a password of a caller when it is its turn.</summary>
    /// <param name="client">The caller, who waits behind his own passwords alone.</param>
    /// <exception cref="CloudreveException">429 when too many passwords wait.</exception>
    public static Task<string> HashAsync(string password, ClientAddress client, CancellationToken cancellationToken = default) =>
        Queue.RunAsync(client.Area, () => Hash(password), cancellationToken);

    /// <summary>Verifies a caller's password against a hash, once a hashing slot is free.</summary>
    /// <param name="stored">The result of <see cref="Hash"/>; null for an account without password or no account at all.</param>
    /// <param name="client">The caller, who waits behind his own passwords alone.</param>
    /// <exception cref="CloudreveException">429 when too many passwords wait.</exception>
    public static Task<bool> VerifyAsync(string password, string? stored, ClientAddress client, CancellationToken cancellationToken = default) =>
        Queue.RunAsync(client.Area, () => Verify(password, stored), cancellationToken);

    /// <summary>Identifies a password among its predecessors, for rows and signatures that must become invalid with it.</summary>
    /// <param name="hash">The hashed password; null for none.</param>
    internal static string Fingerprint(string? hash) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(hash ?? "")));

    private static bool IsOf(Parsed known, string password) => CryptographicOperations.FixedTimeEquals(
        Derive(password, known.Salt, known.MemoryKib, known.Passes, known.Lanes, known.Hash.Length), known.Hash);

    private static bool TryParse(string text, out Parsed parsed)
    {
        parsed = default;
        // "", argon2id, v=19, m=..,t=..,p=.., salt, hash
        if (text.Split('$') is not ["", "argon2id", "v=19", var parameters, var salt, var hash])
            return false;
        if (parameters.Split(',') is not [var memory, var passes, var lanes])
            return false;
        if (!TryRead(memory, "m=", MaxMemoryKib, out var m) || !TryRead(passes, "t=", MaxPasses, out var t) || !TryRead(lanes, "p=", 16, out var p))
            return false;
        if (!TryDecode(salt, out var saltBytes) || !TryDecode(hash, out var hashBytes) || hashBytes.Length < 16)
            return false;
        parsed = new Parsed(m, t, p, saltBytes, hashBytes);
        return true;
    }

    private static bool TryRead(string text, string name, int max, out int value)
    {
        value = 0;
        return text.StartsWith(name, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value >= 1 && value <= max;
    }

    private static byte[] Derive(string password, byte[] salt, int memoryKib, int passes, int lanes, int length)
    {
        Hashes.Add(1);
        Running.Add(1);
        try
        {
            // libsodium allocates its memory from the system and frees it at once, but supports only the parameters that we use ourselves.
            return lanes == Lanes && salt.Length == SaltBytes
                ? DeriveNatively(password, salt, memoryKib, passes, length)
                : DeriveManaged(password, salt, memoryKib, passes, lanes, length);
        }
        finally
        {
            Running.Add(-1);
        }
    }

    private static string Describe(byte[] salt, byte[] hash) =>
        string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={MemoryKib},t={Passes},p={Lanes}${Encode(salt)}${Encode(hash)}");

    private static byte[] DeriveNatively(string password, byte[] salt, int memoryKib, int passes, int length)
    {
        var argon = new NSec.Cryptography.Argon2id(new NSec.Cryptography.Argon2Parameters
        {
            DegreeOfParallelism = Lanes,
            MemorySize = memoryKib,
            NumberOfPasses = passes,
        });
        return argon.DeriveBytes(Encoding.UTF8.GetBytes(password), salt, length);
    }

    private static byte[] DeriveManaged(string password, byte[] salt, int memoryKib, int passes, int lanes, int length)
    {
        using var argon = new Konscious.Security.Cryptography.Argon2id(Encoding.UTF8.GetBytes(password))
        {
            Salt = salt,
            MemorySize = memoryKib,
            Iterations = passes,
            DegreeOfParallelism = lanes,
        };
        return argon.GetBytes(length);
    }

    // The PHC format omits the padding.
    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static bool TryDecode(string text, out byte[] bytes)
    {
        var buffer = new byte[text.Length];
        var valid = Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), buffer, out var length);
        bytes = buffer[..length];
        return valid;
    }

    private readonly record struct Parsed(int MemoryKib, int Passes, int Lanes, byte[] Salt, byte[] Hash);
}
