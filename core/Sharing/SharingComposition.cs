using Cloudreve.Core.Sharing.Administration;
using Cloudreve.Core.Sharing.DirectLinks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Sharing;

/// <summary>Registers share links and direct links.</summary>
internal static class SharingComposition
{
    public static IServiceCollection AddSharing(this IServiceCollection services)
    {
        services.TryAddSingleton<ShareStore>();
        services.TryAddSingleton<ShareVisits>();
        services.TryAddSingleton<ShareGuesses>();
        services.TryAddSingleton<LinkMisses>();
        services.TryAddSingleton<ShareLinks>();
        services.TryAddSingleton<ShareListing>();
        services.TryAddSingleton<SharedPlaces>();
        services.TryAddSingleton<DirectLinkStore>();
        services.TryAddSingleton<DirectLinkHits>();
        services.TryAddSingleton<ShareAdministration>();
        return services;
    }
}
