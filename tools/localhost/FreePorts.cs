using System.Net;
using System.Net.Sockets;

namespace Cloudreve.LocalHost;

/// <summary>TCP ports of the loopback interface that nobody listens on.</summary>
internal static class FreePorts
{
    /// <summary>Finds a port.</summary>
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
