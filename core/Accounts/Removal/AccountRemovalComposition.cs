using Cloudreve.Core.Accounts.Avatars;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Accounts.Removal;

/// <summary>Adds the removal of accounts.</summary>
public static class AccountRemovalComposition
{
    /// <summary>Adds the services. Accounts and drives come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddAccountRemoval(this IServiceCollection services)
    {
        services.TryAddSingleton<AvatarStore>();
        services.TryAddSingleton<LoginActivityLog>();
        services.TryAddSingleton<DriveRemoval>();
        services.TryAddSingleton<AccountTraces>();
        services.TryAddSingleton(provider => new AccountRemoval(
            provider.GetRequiredService<UserStore>(),
            provider.GetRequiredService<TaskStore>(),
            provider.GetRequiredService<IdAllocator>(),
            provider.GetRequiredService<DriveRemoval>(),
            provider.GetRequiredService<ShareStore>(),
            provider.GetRequiredService<DirectLinkStore>(),
            provider.GetRequiredService<ImportService>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<AccountTraces>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
