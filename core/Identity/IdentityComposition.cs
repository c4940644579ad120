using Cloudreve.Core.Bootstrap;
using Cloudreve.Core.FileSystem;
using Cloudreve.Core.Identity.OAuth;
using Cloudreve.Core.Identity.OpenId;
using Cloudreve.Core.Identity.Passkeys;
using Cloudreve.Core.Identity.Signing;
using Cloudreve.Core.Identity.SignIns;
using Cloudreve.Core.Identity.Tokens;
using Cloudreve.Core.Identity.TwoFactor;
using Cloudreve.Core.Ids;
using Cloudreve.Core.Settings;
using Cloudreve.Core.Site;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Identity;

/// <summary>Adds accounts, the site's rows and its bootstrap.</summary>
public static class IdentityComposition
{
    /// <summary>Adds the services. The storage layout, the clock and <see cref="BootstrapOptions"/> come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.TryAddSingleton<IdAllocator>();
        services.TryAddSingleton<FileTree>();
        services.TryAddSingleton<SettingStore>();
        services.TryAddSingleton<SiteCatalog>();
        services.TryAddSingleton<UserStore>();
        services.TryAddSingleton<AttemptLimiter>();
        services.TryAddSingleton<PasswordSignIn>();
        services.TryAddSingleton<TwoFactorAuth>();
        services.TryAddSingleton<SignInSessions>();
        services.TryAddSingleton<OAuthClients>();
        services.TryAddSingleton<OAuthGrants>();
        services.TryAddSingleton<OAuthCodes>();
        services.TryAddSingleton<TokenKeys>();
        services.TryAddSingleton<SessionSweep>();
        services.TryAddSingleton<PasskeyStore>();
        services.TryAddSingleton<PasskeyCeremonies>();
        services.TryAddSingleton<OpenIdLinks>();
        services.TryAddSingleton<OpenIdSignIn>();
        services.TryAddSingleton<TokenIssuer>();
        services.TryAddSingleton<UrlSigner>();
        services.TryAddSingleton<SiteBootstrap>();
        return services;
    }
}
