using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Infrastructure.Outgoing;

/// <summary>Adds calls to other servers.</summary>
public static class OutgoingComposition
{
    /// <summary>Adds the services. <see cref="OutgoingRules"/> and <see cref="ResolveHost"/> may come from elsewhere, logging does.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddOutgoing(this IServiceCollection services)
    {
        services.TryAddSingleton(OutgoingRules.None);
        services.TryAddSingleton<ResolveHost>(Dns.GetHostAddressesAsync);
        services.TryAddSingleton<OutgoingGuard>();
        services.TryAddSingleton<OutgoingHttp>();
        return services;
    }
}
