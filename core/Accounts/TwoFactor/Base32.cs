using System.Text;

namespace Cloudreve.Core.Accounts.TwoFactor;

/// <summary>The base32 encoding of RFC 4648, without padding, in which authenticator apps accept secrets.</summary>
internal static class Base32
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int BitsPerLetter = 5;

    /// <summary>Encodes bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder((bytes.Length * 8 + BitsPerLetter - 1) / BitsPerLetter);
        var (buffer, bits) = (0, 0);
        foreach (var value in bytes)
        {
            buffer = (buffer << 8 | value) & 0xFFF;
            bits += 8;
            while (bits >= BitsPerLetter)
            {
                bits -= BitsPerLetter;
                text.Append(Alphabet[buffer >> bits & 0x1F]);
            }
        }
        if (bits > 0)
            text.Append(Alphabet[buffer << (BitsPerLetter - bits) & 0x1F]);
        return text.ToString();
    }
}
