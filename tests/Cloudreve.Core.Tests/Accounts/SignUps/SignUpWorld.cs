using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts.AccountMails;
using Cloudreve.Core.Accounts.Mails.Smtp;
using Cloudreve.Core.Accounts.PasswordResets;
using Cloudreve.Core.Accounts.SignUps;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tests.Infrastructure.Outgoing;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Smtp;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudreve.Core.Tests.Accounts.SignUps;

/// <summary>One process of a site that sends mail.</summary>
internal sealed class SignUpWorld
{
    private SignUpWorld(IdentityWorld identity)
    {
        Identity = identity;
        Requests = new MailRequests(identity.Layout, identity.Clock);
        SignUp = new SignUp(identity.Users, identity.Catalog, Requests);
        Resets = new PasswordReset(identity.Users, Requests);
        Mailer = new AccountMailer(
            identity.Settings, identity.Users, Requests, new QuotaLedger(identity.Layout, identity.Clock), new SmtpSender(OutgoingGuards.Local, identity.Clock),
            NullLogger<AccountMailer>.Instance);
    }

    public const string Site = "https://drive.example.com";

    public IdentityWorld Identity { get; }

    public MailRequests Requests { get; }

    public SignUp SignUp { get; }

    public PasswordReset Resets { get; }

    public AccountMailer Mailer { get; }

    /// <summary>Creates a site, with its settings.</summary>
    public static async Task<SignUpWorld> CreateAsync(AzuriteServer azurite, SmtpServerDouble server)
    {
        var world = new SignUpWorld(new IdentityWorld(new StorageLayout(azurite.Connect(), AzuriteServer.UniqueName())));
        await world.Identity.Bootstrap.EnsureAsync();
        await world.Identity.Settings.SetAsync(new Dictionary<string, string>
        {
            ["smtpHost"] = "127.0.0.1",
            ["smtpPort"] = server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["fromAdress"] = "drive@example.com",
            ["email_active"] = "1",
        });
        return world;
    }

    /// <summary>Another process of the same site, with the same clock.</summary>
    public async Task<SignUpWorld> RestartAsync(AzuriteServer azurite, Func<StorageCall, StorageFault>? faults = null)
    {
        var restarted = new SignUpWorld(new IdentityWorld(new StorageLayout(azurite.Connect(faults), Identity.Layout.Prefix), Identity.Clock));
        await restarted.GetSiteAsync();
        await restarted.Identity.Catalog.GetGroupAsync(Group.UserId);
        return restarted;
    }

    public async Task<SiteSettings> GetSiteAsync() => await Identity.Settings.GetAsync();

    /// <summary>The next message of the mail queue; null for none.</summary>
    public async Task<string?> TakeMessageAsync()
    {
        var queue = Identity.Layout.Queue(Identity.Layout.MailsQueueName);
        if ((await queue.ReceiveAsync(1, TimeSpan.FromMinutes(1))).SingleOrDefault() is not { } message)
            return null;
        await queue.DeleteAsync(message);
        return message.Body;
    }

    /// <summary>The secret of an account's open link; null when there is none.</summary>
    public async Task<string?> FindSecretAsync(long userId)
    {
        var request = await Requests.FindAsync(AccountMailKind.Reset, userId, default);
        var user = await Identity.Users.FindAsync(userId);
        return request is null ? null : PasswordReset.SecretOf(await GetSiteAsync(), user!, request);
    }
}
