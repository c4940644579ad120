using Cloudreve.AzureStorage.Secrets;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Bootstrap;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Accounts;

/// <summary>Adds accounts, the site's rows and its bootstrap.</summary>
public static class IdentityComposition
{
    /// <summary>Adds the services. The storage layout, the clock and <see cref="BootstrapOptions"/> come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.AddOutgoing();
        services.TryAddSingleton<IdAllocator>();
        services.TryAddSingleton<FileTree>();
        services.TryAddSingleton<SettingStore>();
        services.TryAddSingleton<EntityUrlCache>();
        services.TryAddSingleton<SiteCatalog>();
        services.TryAddSingleton<UserStore>();
        services.TryAddSingleton<AttemptLimiter>();
        services.TryAddSingleton<ClientBudgets>();
        services.TryAddSingleton<SignInPressure>();
        services.TryAddSingleton<PasswordSignIn>();
        services.TryAddSingleton<TwoFactorAuth>();
        services.TryAddSingleton<SignInSessions>();
        services.TryAddSingleton<OAuthClients>();
        services.TryAddSingleton<OAuthGrants>();
        services.TryAddSingleton<OAuthCodes>();
        services.TryAddSingleton<OAuthClientAdministration>();
        services.TryAddSingleton<ITokenKeyStore, SettingKeyStore>();
        services.TryAddSingleton(provider => new TokenKeys(
            provider.GetRequiredService<ITokenKeyStore>(), provider.GetRequiredService<SettingStore>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<SessionSweep>();
        services.TryAddSingleton<PasskeyStore>();
        services.TryAddSingleton<PasskeyCeremonies>();
        services.TryAddSingleton<OpenIdLinks>();
        services.TryAddSingleton<OpenIdSignIn>();
        services.TryAddSingleton<TokenIssuer>();
        services.TryAddSingleton<QuotaLedger>();
        services.TryAddSingleton<UserAdministration>();
        services.TryAddSingleton<UrlSigner>();
        services.TryAddSingleton<SiteBootstrap>();
        return services;
    }

    /// <summary>Keeps the keys that sign tokens in a key vault instead of the settings. Call it before <see cref="AddIdentity"/>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="vault">Where the vault is.</param>
    public static IServiceCollection AddTokenKeyVault(this IServiceCollection services, KeyVaultOptions vault) =>
        services.AddSingleton<ITokenKeyStore>(provider => new VaultKeyStore(
            new VaultKeys(new VaultSecret(vault, VaultKeys.SecretName)), provider.GetRequiredService<SettingStore>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<VaultKeyStore>>()));
}
