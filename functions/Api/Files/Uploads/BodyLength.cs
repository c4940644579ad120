using System.Globalization;

namespace Cloudreve.Functions.Api.Files.Uploads;

/// <summary>Reads the length of a body.</summary>
internal static class BodyLength
{
    private const string ExpectedHeader = "X-Expected-Entity-Length";

    /// <summary>The length that a request announces; null when it announces none (contract, section 3).</summary>
    public static long? Of(HttpRequest request) =>
        request.ContentLength
        ?? (long.TryParse(request.Headers[ExpectedHeader], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            ? length
            : null);
}
