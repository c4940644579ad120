using System.Net;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Infrastructure;

/// <summary>Registers ids, tables, caches and calls to other servers.</summary>
internal static class InfrastructureComposition
{
    public static IServiceCollection AddInfrastructure(this IServiceCollection services)
    {
        services.TryAddSingleton(OutgoingRules.None);
        services.TryAddSingleton<ResolveHost>(Dns.GetHostAddressesAsync);
        services.TryAddSingleton<OutgoingGuard>();
        services.TryAddSingleton<OutgoingHttp>();
        services.TryAddSingleton<IdAllocator>();
        services.TryAddSingleton(new HeavyReads());
        services.TryAddSingleton<DueNotes>();
        services.TryAddSingleton<SiteLists>();
        return services;
    }
}
