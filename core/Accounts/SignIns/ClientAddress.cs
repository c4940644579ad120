using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// The address of a client as far as guessing is counted: an IPv4 address, or the /64 network of an IPv6 address, since one customer has at
/// least that many addresses to choose from.
/// </summary>
public readonly record struct ClientAddress
{
    private const int Ipv6NetworkBytes = 8;
    private const int Ipv6AreaBytes = 6;
    private const int KeyBytes = 9;

    private ClientAddress(string key, string area) => (Key, Area) = (key, area);

    /// <summary>An unknown address: all such clients count as one.</summary>
    public static ClientAddress Unknown { get; } = new("?", "?");

    /// <summary>The substitute for the address in rows, so that they hold no readable address.</summary>
    internal string Key { get; }

    /// <summary>
    /// The largest range of addresses that one customer may hold: the /48 network of an IPv6 address, the address itself of IPv4.
    /// </summary>
    internal string Area { get; }

    /// <summary>The address of a client.</summary>
    /// <param name="address">The address; null when it is not known.</param>
    public static ClientAddress Of(IPAddress? address)
    {
        if (address is null)
            return Unknown;
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var bytes = plain.GetAddressBytes();
        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
            return new ClientAddress(Hash(bytes), Hash(bytes));
        return new ClientAddress(Hash(bytes.AsSpan(0, Ipv6NetworkBytes)), Hash(bytes.AsSpan(0, Ipv6AreaBytes)));
    }

    private static string Hash(ReadOnlySpan<byte> network) => Convert.ToBase64String(SHA256.HashData(network).AsSpan(0, KeyBytes));
}
