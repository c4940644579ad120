using System.Buffers;
using System.Text;

namespace Cloudreve.Core.Content.Viewers;

/// <summary>
/// Reads UTF-7 (RFC 2152), in which WOPI clients write file names in headers. The platform's own decoder is disabled, since
/// UTF-7 must never be guessed; here the protocol says so.
/// </summary>
public static class Utf7
{
    private static readonly SearchValues<char> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

    /// <summary>Decodes a text; null when it is malformed.</summary>
    /// <param name="text">The encoded text.</param>
    public static string? Decode(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var plus = rest.IndexOf('+');
            var plain = plus < 0 ? rest : rest[..plus];
            if (plain.ContainsAnyExceptInRange(' ', '~'))
                return null;
            result.Append(plain);
            if (plus < 0)
                break;
            rest = rest[(plus + 1)..];
            var end = rest.IndexOfAnyExcept(Base64);
            var shifted = end < 0 ? rest : rest[..end];
            if (!TryDecodeShifted(shifted, rest.Length > 0 && end == 0 && rest[0] == '-', result))
                return null;
            // The hyphen that ends a shifted run belongs to it.
            rest = rest[(shifted.Length + (end >= 0 && rest[end] == '-' ? 1 : 0))..];
        }
        return result.ToString();
    }

    private static bool TryDecodeShifted(ReadOnlySpan<char> shifted, bool isPlus, StringBuilder result)
    {
        if (shifted.Length == 0)
        {
            if (isPlus)
                result.Append('+');
            return isPlus;
        }
        var bytes = new byte[shifted.Length];
        var padded = shifted.ToString().PadRight((shifted.Length + 3) / 4 * 4, '=');
        if (!Convert.TryFromBase64String(padded, bytes, out var length))
            return false;
        // The rest of the last character's bits is padding.
        result.Append(Encoding.BigEndianUnicode.GetString(bytes, 0, length / 2 * 2));
        return true;
    }
}
