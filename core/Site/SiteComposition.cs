using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Site.Editing;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Site.Summaries;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Site;

/// <summary>Registers settings, groups, storage policies and nodes.</summary>
internal static class SiteComposition
{
    public static IServiceCollection AddSite(this IServiceCollection services)
    {
        services.TryAddSingleton<SettingStore>();
        services.TryAddSingleton<EntityUrlCache>();
        services.TryAddSingleton<SiteCatalog>();
        services.TryAddSingleton<ListUpgrade>();
        services.TryAddSingleton<SiteBootstrap>();
        services.TryAddSingleton<SiteSummary>();
        services.TryAddSingleton<PolicyEditor>();
        services.TryAddSingleton<GroupEditor>();
        services.TryAddSingleton<NodeEditor>();
        services.TryAddSingleton<AbuseReports>();
        return services;
    }
}
