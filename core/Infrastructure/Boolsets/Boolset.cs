using System.Diagnostics.CodeAnalysis;

namespace Cloudreve.Core.Infrastructure.Boolsets;

/// <summary>
/// A set of numbered flags: bit n is bit n mod 8 of byte n / 8, lowest first; bytes that are missing read as zero
/// (contract, section 11). Immutable.
/// </summary>
public readonly struct Boolset : IEquatable<Boolset>
{
    /// <summary>The highest number plus one that a text may hold; no set of the contract gets near it.</summary>
    private const int MaxBits = 1024;

    private readonly byte[]? _bytes;

    private Boolset(byte[] bytes) => _bytes = bytes;

    /// <summary>True if a flag is set.</summary>
    /// <param name="bit">The flag's number.</param>
    public bool this[int bit] => bit >= 0 && bit / 8 < Bytes.Length && (Bytes[bit / 8] & (1 << (bit % 8))) != 0;

    private ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A set of the given flags.</summary>
    /// <param name="bits">Their numbers.</param>
    public static Boolset Of(params ReadOnlySpan<int> bits)
    {
        var set = new Boolset();
        foreach (var bit in bits)
            set = set.With(bit, value: true);
        return set;
    }

    /// <summary>Reads base64; false when it is malformed or far longer than any set.</summary>
    /// <param name="text">Standard base64 with padding.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Boolset set)
    {
        set = default;
        if (text is null || text.Length > MaxBits / 8 * 2)
            return false;
        var buffer = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, buffer, out var length))
            return false;
        set = new Boolset(buffer[..length]);
        return true;
    }

    /// <summary>The set with one flag changed.</summary>
    /// <param name="bit">The flag's number.</param>
    /// <param name="value">Its new value.</param>
    public Boolset With(int bit, bool value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bit);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bit, MaxBits);
        var bytes = new byte[Math.Max(Bytes.Length, (bit / 8) + 1)];
        Bytes.CopyTo(bytes);
        if (value)
            bytes[bit / 8] |= (byte)(1 << (bit % 8));
        else
            bytes[bit / 8] &= unchecked((byte)~(1 << (bit % 8)));
        return new Boolset(bytes);
    }

    /// <summary>Standard base64 with padding.</summary>
    public override string ToString() => Convert.ToBase64String(Bytes);

    /// <inheritdoc/>
    public bool Equals(Boolset other) => Bytes.TrimEnd((byte)0).SequenceEqual(other.Bytes.TrimEnd((byte)0));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Boolset other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Bytes.TrimEnd((byte)0));
        return hash.ToHashCode();
    }

    /// <summary>True if two sets hold the same flags.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator ==(Boolset left, Boolset right) => left.Equals(right);

    /// <summary>True if two sets differ.</summary>
    /// <param name="left">One.</param>
    /// <param name="right">The other.</param>
    public static bool operator !=(Boolset left, Boolset right) => !left.Equals(right);
}
