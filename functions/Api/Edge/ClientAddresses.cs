using System.Net;
using Cloudreve.Functions.Hosting;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Where a request comes from.</summary>
internal static class ClientAddresses
{
    private const string ForwardedFor = "X-Forwarded-For";

    /// <summary>
    /// The client's address. Behind a Functions host the front end of the platform appends it to <c>X-Forwarded-For</c>: only the last entry
    /// is the platform's, all before it are the client's own words. Served directly, it is the address of the connection.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <returns>Null when it is not known.</returns>
    public static IPAddress? Of(HttpContext http)
    {
        if (http.RequestServices.GetRequiredService<HostSettings>().Mode != HostingMode.Handler)
            return http.Connection.RemoteIpAddress;
        var last = http.Request.Headers[ForwardedFor].ToString().Split(',')[^1].Trim();
        // The platform writes the port, too; IPEndPoint takes an address with and without one.
        return IPEndPoint.TryParse(last, out var endpoint) ? endpoint.Address : null;
    }
}
