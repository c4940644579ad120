using System.Globalization;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Reads query parameters. A value that is missing or malformed is refused with 40001.</summary>
internal static class QueryReader
{
    /// <summary>A required text; it may be empty.</summary>
    /// <param name="name">The parameter.</param>
    /// <exception cref="CloudreveException">40001: it is missing.</exception>
    public static string RequiredText(this HttpRequest request, string name) =>
        request.OptionalText(name) ?? throw new CloudreveException(ErrorCode.BadParameter, $"The parameter {name} is missing.");

    /// <summary>A text; null when it is missing. Of several values the first one is used.</summary>
    /// <param name="name">The parameter.</param>
    public static string? OptionalText(this HttpRequest request, string name) => request.Query[name] is [var value, ..] ? value : null;

    /// <summary>A number that must be given.</summary>
    /// <param name="name">The parameter.</param>
    /// <exception cref="CloudreveException">40001: it is missing or malformed.</exception>
    public static int RequiredInt32(this HttpRequest request, string name) =>
        request.OptionalInt32(name) ?? throw new CloudreveException(ErrorCode.BadParameter, $"The parameter {name} is missing.");

    /// <summary>A number; null when it is missing or empty.</summary>
    /// <param name="name">The parameter.</param>
    /// <exception cref="CloudreveException">40001: it is malformed.</exception>
    public static int? OptionalInt32(this HttpRequest request, string name) => request.OptionalText(name) switch
    {
        null or "" => null,
        { } text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new CloudreveException(ErrorCode.BadParameter, $"The parameter {name} must be a number."),
    };

    /// <summary>A Boolean; null when it is missing or empty.</summary>
    /// <param name="name">The parameter.</param>
    /// <exception cref="CloudreveException">40001: it is malformed.</exception>
    public static bool? OptionalBoolean(this HttpRequest request, string name) => request.OptionalText(name) switch
    {
        null or "" => null,
        "1" => true,
        "0" => false,
        { } text => bool.TryParse(text, out var value)
            ? value
            : throw new CloudreveException(ErrorCode.BadParameter, $"The parameter {name} must be true or false."),
    };
}
