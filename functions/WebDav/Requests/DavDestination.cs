using Cloudreve.Functions.WebDav.Answers;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>Reads addresses that clients put into headers: whole URIs, or paths alone.</summary>
internal static class DavDestination
{
    /// <summary>The destination of a copy or move (RFC 4918, section 10.3).</summary>
    /// <exception cref="DavException">400: missing or malformed; 502: on another host.</exception>
    public static DavPath Of(DavCall call)
    {
        var header = call.Request.Headers["Destination"].ToString();
        return Find(call, header) ?? throw (IsForeign(call, header)
            ? new DavException(StatusCodes.Status502BadGateway, "The destination is on another server.")
            : new DavException(StatusCodes.Status400BadRequest, "The Destination header is missing or malformed."));
    }

    /// <summary>A resource that a client names; null for one on another site.</summary>
    public static DavPath? Find(DavCall call, string address)
    {
        if (address.StartsWith('/') && !address.StartsWith("//", StringComparison.Ordinal))
            return DavPath.Parse(PathOf(address));
        return IsHere(call, address, out var path) ? DavPath.Parse(path) : null;
    }

    private static bool IsForeign(DavCall call, string address) => Uri.TryCreate(address, UriKind.Absolute, out _) && !address.StartsWith('/') && !IsHere(call, address, out _);

    /// <summary>Checks whether a URI belongs to this site, by the requested host or any host that the site is known by.</summary>
    private static bool IsHere(DavCall call, string address, out string path)
    {
        path = "";
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return false;
        // The path as it was written: Uri would unescape some of it.
        var start = address.IndexOf('/', address.IndexOf("//", StringComparison.Ordinal) + 2);
        path = start < 0 ? "/" : PathOf(address[start..]);
        var host = call.Request.Host;
        var isCalled = string.Equals(uri.Host, host.Host, StringComparison.OrdinalIgnoreCase)
            && (host.Port is null ? uri.IsDefaultPort : uri.Port == host.Port);
        return isCalled || call.Site.Urls.Any(known => string.Equals(known.Authority, uri.Authority, StringComparison.OrdinalIgnoreCase));
    }

    private static string PathOf(string address) => address.Split('?', '#')[0];
}
