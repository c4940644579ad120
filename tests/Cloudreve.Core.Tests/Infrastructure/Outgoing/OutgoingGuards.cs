using System.Net;
using Cloudreve.Core.Infrastructure.Outgoing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudreve.Core.Tests.Infrastructure.Outgoing;

/// <summary>Guards of outgoing calls for tests.</summary>
internal static class OutgoingGuards
{
    /// <summary>A guard that lets calls to this machine through.</summary>
    public static OutgoingGuard Local { get; } = With("127.0.0.0/8");

    /// <summary>A guard.</summary>
    /// <param name="allowed">The addresses that the operator allows beside the internet.</param>
    /// <param name="resolve">Resolves names; null for the machine's own resolver.</param>
    public static OutgoingGuard With(string allowed, ResolveHost? resolve = null) =>
        new(OutgoingRules.Parse(allowed), resolve ?? Dns.GetHostAddressesAsync, NullLogger<OutgoingGuard>.Instance);
}
