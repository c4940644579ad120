using Cloudreve.Core.Identity.AccountMails;
using Cloudreve.Core.Identity.Avatars;
using Cloudreve.Core.Identity.LoginActivities;
using Cloudreve.Core.Identity.PasswordResets;
using Cloudreve.Core.Mails.Smtp;
using Cloudreve.Core.Outgoing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Identity.SignUps;

/// <summary>Adds signing up, replacing forgotten passwords, the mails that both send, and what users tell and see about their accounts.</summary>
public static class SignUpComposition
{
    /// <summary>Adds the services. Accounts, the quota ledger and logging come from elsewhere.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddSignUps(this IServiceCollection services)
    {
        services.AddOutgoing();
        services.TryAddSingleton<MailRequests>();
        services.TryAddSingleton<SignUp>();
        services.TryAddSingleton<PasswordReset>();
        services.TryAddSingleton<SmtpSender>();
        services.TryAddSingleton<TestMail>();
        services.TryAddSingleton<AccountMailer>();
        services.TryAddSingleton<LoginActivityLog>();
        services.TryAddSingleton<AvatarStore>();
        services.TryAddSingleton<UserDirectory>();
        return services;
    }
}
