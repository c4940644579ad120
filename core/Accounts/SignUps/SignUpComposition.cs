using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Core.Accounts.Avatars;
using Cloudreve.Core.Accounts.LoginActivities;
using Cloudreve.Core.Accounts.Mails.Smtp;
using Cloudreve.Core.Accounts.PasswordResets;
using Cloudreve.Core.Infrastructure.Outgoing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Accounts.SignUps;

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
