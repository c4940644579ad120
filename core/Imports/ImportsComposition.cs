using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Imports;

/// <summary>Registers imports of blobs.</summary>
internal static class ImportsComposition
{
    public static IServiceCollection AddImports(this IServiceCollection services)
    {
        services.TryAddSingleton<ImportService>();
        services.TryAddSingleton<BlobArrival>();
        services.TryAddSingleton<MissedArrivals>();
        return services;
    }
}
