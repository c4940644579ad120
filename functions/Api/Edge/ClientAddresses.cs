using System.Net;
using Cloudreve.Functions.Startup;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Finds the client address of a request.</summary>
internal static class ClientAddresses
{
    /// <summary>
    /// The client's address: that of the connection to the Functions host, or the one that the platform in front of the host passes in
    /// the header that a setting names. Forwarding headers that a client sends itself are never trusted.
    /// </summary>
    /// <returns>Null when it is not known.</returns>
    public static IPAddress? Of(HttpContext http)
    {
        if (http.RequestServices.GetRequiredService<AppSettings>().ClientAddressHeader is not { } header)
            return http.Connection.RemoteIpAddress;
        // The platform appends to the header that a client sent, and may add the port; IPEndPoint parses an address with and without one.
        var last = http.Request.Headers[header].ToString().Split(',')[^1].Trim();
        return IPEndPoint.TryParse(last, out var endpoint) ? endpoint.Address : null;
    }
}
