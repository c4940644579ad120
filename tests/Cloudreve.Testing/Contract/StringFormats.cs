using System.Buffers.Text;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Cloudreve.Testing.Contract;

/// <summary>Checks strings by the formats that the contract names.</summary>
internal static partial class StringFormats
{
    /// <summary>Checks whether a string has a format.</summary>
    /// <param name="text">The string.</param>
    /// <param name="format">The format's name in the contract.</param>
    /// <exception cref="InvalidDataException">The format is unknown, so that it would silently be ignored.</exception>
    public static bool Matches(string text, string format) => format switch
    {
        // Behaviour.md 1: times are RFC 3339 with offset.
        "date-time" => Rfc3339().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
        "uuid" => Guid.TryParseExact(text, "D", out _),
        "email" => text.IndexOf('@') is var at && at > 0 && at < text.Length - 1,
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
        "byte" => Base64.IsValid(text),
        "binary" => true,
        _ => throw new InvalidDataException($"The contract uses the format '{format}', which this validator does not know."),
    };

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Rfc3339();
}
