using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>The depth of a request (RFC 4918, section 10.2).</summary>
internal static class DavDepth
{
    /// <summary>The resource alone.</summary>
    public const string Zero = "0";

    /// <summary>A folder with its members.</summary>
    public const string One = "1";

    /// <summary>A folder with all that is below it.</summary>
    public const string Infinity = "infinity";

    /// <summary>The depth of a request; null when it names none.</summary>
    /// <exception cref="DavException">400: it is none of the three.</exception>
    public static string? Of(HttpRequest request) => request.Headers["Depth"].ToString().Trim().ToLowerInvariant() switch
    {
        "" => null,
        // Windows asks for a folder without the folder itself, which is close enough.
        "1" or "1,noroot" => One,
        "0" => Zero,
        "infinity" or "infinity,noroot" => Infinity,
        _ => throw new DavException(StatusCodes.Status400BadRequest, "The Depth header is malformed."),
    };
}
