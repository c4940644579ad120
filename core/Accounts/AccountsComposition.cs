using Cloudreve.AzureStorage.Secrets;
using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Accounts.Avatars;
using Cloudreve.Core.Accounts.Captchas;
using Cloudreve.Core.Accounts.Captchas.Pictures;
using Cloudreve.Core.Accounts.Captchas.Providers;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.Mails.Smtp;
using Cloudreve.Core.Accounts.OAuth;
using Cloudreve.Core.Accounts.OpenId;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Accounts.PasswordResets;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Accounts.SignUps;
using Cloudreve.Core.Accounts.Tokens;
using Cloudreve.Core.Accounts.Tokens.Stores;
using Cloudreve.Core.Accounts.TwoFactor;
using Cloudreve.Core.Accounts.WebDav;
using Cloudreve.Core.Drive.Moves;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Sharing;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Accounts;

/// <summary>Registers accounts, the ways to sign in and the mails to their owners.</summary>
public static class AccountsComposition
{
    internal static IServiceCollection AddAccounts(this IServiceCollection services) => services
        .AddUsers()
        .AddSignIns()
        .AddPasskeys()
        .AddOpenId()
        .AddTokens()
        .AddOAuth()
        .AddWebDavAccounts()
        .AddCaptchas()
        .AddMails();

    /// <summary>Accounts, what their owners set, and their removal.</summary>
    private static IServiceCollection AddUsers(this IServiceCollection services)
    {
        services.TryAddSingleton<UserStore>();
        services.TryAddSingleton<UserDirectory>();
        services.TryAddSingleton<GroupMembers>();
        services.TryAddSingleton<UserAdministration>();
        services.TryAddSingleton<AvatarStore>();
        services.TryAddSingleton<LoginActivityLog>();
        services.TryAddSingleton<AccountTraces>();
        services.TryAddSingleton(provider => new AccountRemoval(
            provider.GetRequiredService<UserStore>(),
            provider.GetRequiredService<TaskStore>(),
            provider.GetRequiredService<TaskRuns>(),
            provider.GetRequiredService<DriveRemoval>(),
            provider.GetRequiredService<ShareStore>(),
            provider.GetRequiredService<DirectLinkStore>(),
            provider.GetRequiredService<ImportService>(),
            provider.GetRequiredService<QuotaLedger>(),
            provider.GetRequiredService<AccountTraces>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>Signing in by password and second factor, and what slows guessing down.</summary>
    private static IServiceCollection AddSignIns(this IServiceCollection services)
    {
        services.TryAddSingleton<AttemptLimiter>();
        services.TryAddSingleton<ClientBudgets>();
        services.TryAddSingleton<SignInPressure>();
        services.TryAddSingleton<PasswordSignIn>();
        services.TryAddSingleton<TwoFactorAuth>();
        services.TryAddSingleton<SignInSessions>();
        services.TryAddSingleton<SessionSweep>();
        return services;
    }

    /// <summary>Signing in by passkeys.</summary>
    private static IServiceCollection AddPasskeys(this IServiceCollection services)
    {
        services.TryAddSingleton<PasskeyStore>();
        services.TryAddSingleton<PasskeyCeremonies>();
        return services;
    }

    /// <summary>Signing in by identity providers.</summary>
    private static IServiceCollection AddOpenId(this IServiceCollection services)
    {
        services.TryAddSingleton<OpenIdLinks>();
        services.TryAddSingleton<OpenIdSignIn>();
        return services;
    }

    /// <summary>Tokens, the keys that sign them, and signed addresses.</summary>
    private static IServiceCollection AddTokens(this IServiceCollection services)
    {
        services.TryAddSingleton<ITokenKeyStore, SettingKeyStore>();
        services.TryAddSingleton(provider => new SecretRotation(provider.GetRequiredService<ITokenKeyStore>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(provider => new TokenKeys(
            provider.GetRequiredService<ITokenKeyStore>(), provider.GetRequiredService<SettingStore>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<TokenIssuer>();
        services.TryAddSingleton<UrlSigner>();
        return services;
    }

    /// <summary>Applications that act for users.</summary>
    private static IServiceCollection AddOAuth(this IServiceCollection services)
    {
        services.TryAddSingleton<OAuthClients>();
        services.TryAddSingleton<OAuthGrants>();
        services.TryAddSingleton<OAuthCodes>();
        services.TryAddSingleton<OAuthClientAdministration>();
        return services;
    }

    /// <summary>Passwords of WebDAV clients.</summary>
    private static IServiceCollection AddWebDavAccounts(this IServiceCollection services)
    {
        services.TryAddSingleton<DavAccounts>();
        services.TryAddSingleton<DavSignIn>();
        return services;
    }

    /// <summary>Captchas, our own and those of providers.</summary>
    private static IServiceCollection AddCaptchas(this IServiceCollection services)
    {
        services.TryAddSingleton(new CaptchaProviders());
        services.TryAddSingleton<PictureCaptcha>();
        services.TryAddSingleton(provider => new CaptchaGate(
        [
            provider.GetRequiredService<PictureCaptcha>(),
            .. SiteVerifyCaptcha.All(provider.GetRequiredService<CaptchaProviders>(), provider.GetRequiredService<OutgoingHttp>()),
        ]));
        return services;
    }

    /// <summary>Signing up, forgotten passwords, and the mails that both send.</summary>
    private static IServiceCollection AddMails(this IServiceCollection services)
    {
        services.TryAddSingleton<MailRequests>();
        services.TryAddSingleton<SignUp>();
        services.TryAddSingleton<PasswordReset>();
        services.TryAddSingleton<SmtpSender>();
        services.TryAddSingleton<TestMail>();
        services.TryAddSingleton<AccountMailer>();
        return services;
    }

    /// <summary>Keeps the keys that sign tokens in a key vault instead of the settings. Call it before <see cref="CoreComposition.AddCore"/>.</summary>
    public static IServiceCollection AddTokenKeyVault(this IServiceCollection services, KeyVaultOptions vault) =>
        services.AddSingleton<ITokenKeyStore>(provider => new VaultKeyStore(
            new VaultKeys(new VaultSecret(vault, VaultKeys.SecretName)), provider.GetRequiredService<SettingStore>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<VaultKeyStore>>()));
}
