using System.Net;

namespace Cloudreve.Dev.Running;

/// <summary>The interface that the local host listens on.</summary>
/// <param name="Value">Its address.</param>
internal sealed record ListenAddress(IPAddress Value)
{
    /// <summary>Reads the setting.</summary>
    /// <param name="text">An IP address, <c>localhost</c> or <c>*</c> for all interfaces; null for this machine alone.</param>
    /// <exception cref="CommandException">It is none of these.</exception>
    public static ListenAddress Parse(string? text) => text switch
    {
        null or "localhost" => new ListenAddress(IPAddress.Loopback),
        "*" => new ListenAddress(IPAddress.Any),
        _ => IPAddress.TryParse(text, out var address)
            ? new ListenAddress(address)
            : throw new CommandException($"{RunSettings.Bind} must be an IP address, or * for all."),
    };

    /// <summary>The address at which this machine reaches a listener.</summary>
    public Uri Url(int port)
    {
        var local = Value.Equals(IPAddress.Loopback) || Value.Equals(IPAddress.Any) || Value.Equals(IPAddress.IPv6Any);
        return new UriBuilder("http", local ? "localhost" : Value.ToString(), port).Uri;
    }
}
