using System.Text;
using System.Text.Unicode;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>Reads files that are text already.</summary>
internal static class PlainText
{
    // Characters between two looks at the budget.
    private const int PartCharacters = 16_384;

    /// <summary>The most bytes that are read of a file: text behind them is not indexed.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>Reads text in UTF-8, in UTF-16 with a byte order mark, or else in Windows-1252. What holds zero bytes is no text.</summary>
    /// <param name="content">The file, or the first part of a large one.</param>
    /// <param name="text">Receives the text.</param>
    public static Task ReadAsync(ReadOnlyMemory<byte> content, TextCollector text)
    {
        var bytes = content.Span;
        if (bytes is [0xFF, 0xFE, ..])
            Decode(Encoding.Unicode, bytes, text);
        else if (bytes is [0xFE, 0xFF, ..])
            Decode(Encoding.BigEndianUnicode, bytes, text);
        else if (!bytes.Contains((byte)0))
            Decode(Utf8.IsValid(WithoutCutCharacter(bytes)) ? Encoding.UTF8 : CodePagesEncodingProvider.Instance.GetEncoding(1252)!, bytes, text);
        return Task.CompletedTask;
    }

    private static void Decode(Encoding encoding, ReadOnlySpan<byte> bytes, TextCollector text)
    {
        var decoder = encoding.GetDecoder();
        Span<char> part = new char[PartCharacters];
        for (var isDone = bytes.IsEmpty; !isDone && !text.IsFull;)
        {
            decoder.Convert(bytes, part, flush: false, out var read, out var written, out _);
            bytes = bytes[read..];
            isDone = bytes.IsEmpty || read + written == 0;
            text.Add(part[..written]);
        }
    }

    /// <summary>The first part of a large file may end within a character.</summary>
    private static ReadOnlySpan<byte> WithoutCutCharacter(ReadOnlySpan<byte> bytes)
    {
        for (var cut = 0; cut < 3 && cut < bytes.Length; cut++)
        {
            if ((bytes[^(cut + 1)] & 0xC0) == 0xC0)
                return bytes[..^(cut + 1)];
            if ((bytes[^(cut + 1)] & 0x80) == 0)
                break;
        }
        return bytes;
    }
}
