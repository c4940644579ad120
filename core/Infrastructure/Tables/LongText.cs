using System.Globalization;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Infrastructure.Tables;

/// <summary>Text of any length in a row: a property holds 32 K characters, so longer text continues in properties with numbers.</summary>
internal static class LongText
{
    private const int PropertyCharacters = 32_000;

    public static void Write(Row row, string property, string text)
    {
        var part = 0;
        for (var start = 0; start < text.Length; part++)
        {
            var length = Math.Min(PropertyCharacters, text.Length - start);
            // Half a surrogate pair would come back as U+FFFD.
            if (start + length < text.Length && char.IsHighSurrogate(text[start + length - 1]))
                length--;
            row[NameOf(property, part)] = text.Substring(start, length);
            start += length;
        }
    }

    public static string? Read(Row row, string property)
    {
        var text = row.Text(property);
        for (var i = 1; text is not null && row.Text(NameOf(property, i)) is { } part; i++)
            text += part;
        return text;
    }

    private static string NameOf(string property, int part) => part == 0 ? property : property + part.ToString(CultureInfo.InvariantCulture);
}
