using System.Globalization;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Content.Uploads.Chunked;

/// <summary>The name of a chunk: its number, its offset, or its first and last offset with a dash in between, with any leading zeros.</summary>
/// <param name="Text">As the client writes it.</param>
/// <param name="Start">The number, or the first offset.</param>
/// <param name="IsRange">True if it is made of two offsets.</param>
public sealed record ChunkName(string Text, long Start, bool IsRange)
{
    // 19 digits hold any offset.
    private const int MaxDigits = 20;

    /// <summary>Reads a name; null for one without a position.</summary>
    /// <param name="text">The name.</param>
    public static ChunkName? TryParse(string text)
    {
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0)
            return NumberOf(text) is { } number ? new ChunkName(text, number, IsRange: false) : null;
        return NumberOf(text[..dash]) is { } start && NumberOf(text[(dash + 1)..]) is { } end && end >= start ? new ChunkName(text, start, IsRange: true) : null;
    }

    internal static ChunkName Parse(string text) =>
        TryParse(text) ?? throw new CloudreveException(ErrorCode.BadParameter, "The name of a chunk is its number or its offsets.");

    private static long? NumberOf(string text) =>
        text.Length is > 0 and <= MaxDigits && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
