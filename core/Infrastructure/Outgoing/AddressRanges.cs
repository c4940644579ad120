using System.Net;
using System.Net.Sockets;

namespace Cloudreve.Core.Infrastructure.Outgoing;

/// <summary>Distinguishes public internet addresses from all others, by IANA's registries of special-purpose addresses.</summary>
internal static class AddressRanges
{
    private const int Nat64PrefixBytes = 12;

    private static readonly IPNetwork[] s_special4 =
    [
        // This network, private, carrier-grade NAT, loopback, link-local with the metadata service.
        IPNetwork.Parse("0.0.0.0/8"), IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("100.64.0.0/10"), IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("172.16.0.0/12"), IPNetwork.Parse("192.168.0.0/16"),
        // Protocol assignments, documentation, relays of 6to4, benchmarks.
        IPNetwork.Parse("192.0.0.0/24"), IPNetwork.Parse("192.0.2.0/24"), IPNetwork.Parse("192.88.99.0/24"), IPNetwork.Parse("198.18.0.0/15"),
        IPNetwork.Parse("198.51.100.0/24"), IPNetwork.Parse("203.0.113.0/24"),
        // Multicast, reserved and broadcast.
        IPNetwork.Parse("224.0.0.0/4"), IPNetwork.Parse("240.0.0.0/4"),
        // Azure's platform services respond at this address inside every virtual machine, although it looks public.
        IPNetwork.Parse("168.63.129.16/32"),
    ];

    // All of IPv6 that is assigned to the internet; loopback, link-local, unique local (with fd00:ec2::254) and multicast lie outside.
    private static readonly IPNetwork s_global6 = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] s_special6 =
    [
        // Protocol assignments with Teredo, documentation, 6to4. The last and Teredo carry IPv4 addresses, and nobody offers a service there.
        IPNetwork.Parse("2001::/23"), IPNetwork.Parse("2001:db8::/32"), IPNetwork.Parse("3fff::/20"), IPNetwork.Parse("2002::/16"),
    ];

    private static readonly IPNetwork s_nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>The IPv4 address that an IPv4-mapped or NAT64 address stands for; other addresses as they are.</summary>
    public static IPAddress Unwrap(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 && s_nat64.Contains(address)
            ? new IPAddress(address.GetAddressBytes().AsSpan(Nat64PrefixBytes))
            : address;
    }

    /// <summary>Checks whether an address belongs to the internet.</summary>
    /// <param name="address">An address that <see cref="Unwrap"/> returned.</param>
    public static bool IsPublic(IPAddress address) => address.AddressFamily switch
    {
        AddressFamily.InterNetwork => !Array.Exists(s_special4, network => network.Contains(address)),
        AddressFamily.InterNetworkV6 => s_global6.Contains(address) && !Array.Exists(s_special6, network => network.Contains(address)),
        _ => false,
    };
}
