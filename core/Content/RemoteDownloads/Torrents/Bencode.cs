using System.Buffers.Text;
using System.Text;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Reads bencoded values, the form of torrents, without copying them.</summary>
internal static class Bencode
{
    private const int MaxDepth = 64;
    private const int MaxDigits = 20;

    /// <summary>The entries of a dictionary, as they are encoded.</summary>
    /// <exception cref="FormatException">It is not one, or something follows it.</exception>
    public static Dictionary<string, ReadOnlyMemory<byte>> ReadDictionary(ReadOnlyMemory<byte> encoded)
    {
        var entries = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
        var position = Begin(encoded.Span, 'd');
        while (encoded.Span[position] != 'e')
        {
            var start = EndOf(encoded.Span, position, 0);
            var key = ReadText(encoded[position..start]);
            position = EndOf(encoded.Span, start, 0);
            entries[key] = encoded[start..position];
            RequireMore(encoded.Span, position);
        }
        return position == encoded.Length - 1 ? entries : throw Damaged();
    }

    /// <summary>The items of a list, as they are encoded.</summary>
    /// <exception cref="FormatException">It is not one, or something follows it.</exception>
    public static List<ReadOnlyMemory<byte>> ReadList(ReadOnlyMemory<byte> encoded)
    {
        var items = new List<ReadOnlyMemory<byte>>();
        var position = Begin(encoded.Span, 'l');
        while (encoded.Span[position] != 'e')
        {
            var end = EndOf(encoded.Span, position, 0);
            items.Add(encoded[position..end]);
            position = end;
            RequireMore(encoded.Span, position);
        }
        return position == encoded.Length - 1 ? items : throw Damaged();
    }

    /// <summary>A text.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static string ReadText(ReadOnlyMemory<byte> encoded)
    {
        var colon = encoded.Span.IndexOf((byte)':');
        return colon > 0 && encoded.Span[0] is >= (byte)'0' and <= (byte)'9' ? Encoding.UTF8.GetString(encoded.Span[(colon + 1)..]) : throw Damaged();
    }

    /// <summary>Encodes a text.</summary>
    public static byte[] Write(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [.. Encoding.ASCII.GetBytes($"{bytes.Length}:"), .. bytes];
    }

    private static int Begin(ReadOnlySpan<byte> encoded, char mark)
    {
        if (encoded.Length < 2 || encoded[0] != mark)
            throw Damaged();
        return 1;
    }

    private static int EndOf(ReadOnlySpan<byte> encoded, int start, int depth)
    {
        RequireMore(encoded, start);
        switch (encoded[start])
        {
            case (byte)'i':
                var end = encoded[start..].IndexOf((byte)'e');
                return end is > 1 and <= MaxDigits + 2 ? start + end + 1 : throw Damaged();
            case (byte)'l' or (byte)'d' when depth < MaxDepth:
                var position = start + 1;
                for (RequireMore(encoded, position); encoded[position] != 'e'; RequireMore(encoded, position))
                    position = EndOf(encoded, position, depth + 1);
                return position + 1;
            case >= (byte)'0' and <= (byte)'9':
                var colon = encoded[start..].IndexOf((byte)':');
                return colon is > 0 and <= MaxDigits && Utf8Parser.TryParse(encoded.Slice(start, colon), out int length, out var read) && read == colon
                    && length <= encoded.Length - start - colon - 1
                    ? start + colon + 1 + length
                    : throw Damaged();
            default:
                throw Damaged();
        }
    }

    private static void RequireMore(ReadOnlySpan<byte> encoded, int position)
    {
        if (position >= encoded.Length)
            throw Damaged();
    }

    private static FormatException Damaged() => new("The value is not bencoded.");
}
