using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>Adds the services that open files in viewers.</summary>
internal static class ViewerComposition
{
    /// <summary>Adds the services. The file system comes from elsewhere.</summary>
    public static IServiceCollection AddViewers(this IServiceCollection services)
    {
        services.TryAddSingleton<WopiFiles>();
        services.TryAddSingleton<WopiLocks>();
        services.TryAddSingleton<WopiContent>();
        return services;
    }
}
