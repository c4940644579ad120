namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>True if a client lets its request replace what is at the destination (RFC 4918, section 10.6).</summary>
internal static class DavOverwrite
{
    /// <summary>False only for a client that forbids it.</summary>
    public static bool Of(HttpRequest request) => !request.Headers["Overwrite"].ToString().Trim().Equals("F", StringComparison.OrdinalIgnoreCase);
}
