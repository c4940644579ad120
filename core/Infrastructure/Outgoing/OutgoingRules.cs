using System.Net;

namespace Cloudreve.Core.Infrastructure.Outgoing;

/// <summary>
/// The non-public addresses that the operator lets the app call: hosts by name, whatever they resolve to, and networks.
/// </summary>
/// <param name="hosts">Names of hosts.</param>
public sealed class OutgoingRules(IEnumerable<string> hosts, IEnumerable<IPNetwork> networks)
{
    private readonly HashSet<string> _hosts = new(hosts, StringComparer.OrdinalIgnoreCase);
    private readonly IPNetwork[] _networks = [.. networks];

    /// <summary>Allows the internet alone.</summary>
    public static OutgoingRules None { get; } = new([], []);

    /// <summary>Reads a list.</summary>
    /// <param name="list">Host names, addresses and networks (<c>10.0.0.0/8</c>), comma-separated; null or empty for none.</param>
    /// <exception cref="FormatException">An item is none of these.</exception>
    public static OutgoingRules Parse(string? list)
    {
        var items = (list ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var (hosts, networks) = (new List<string>(), new List<IPNetwork>());
        foreach (var item in items)
        {
            if (IPAddress.TryParse(item, out var address))
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            else if (IPNetwork.TryParse(item, out var network))
                networks.Add(network);
            else if (Uri.CheckHostName(item) == UriHostNameType.Dns)
                hosts.Add(item);
            else
                throw new FormatException($"'{item}' is neither a host name nor a network.");
        }
        return new OutgoingRules(hosts, networks);
    }

    /// <summary>Checks whether a host may be called at an address.</summary>
    /// <param name="host">The host as it was named.</param>
    /// <param name="address">An address that it resolves to.</param>
    internal bool Allow(string host, IPAddress address)
    {
        var target = AddressRanges.Unwrap(address);
        return AddressRanges.IsPublic(target) || _hosts.Contains(host) || Array.Exists(_networks, network => network.Contains(target));
    }
}
