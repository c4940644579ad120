using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Smtp;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using MimeKit;

namespace Cloudreve.Functions.Tests.Users.SignUps;

/// <summary>A site with a mail server on the loopback interface, and a clock that the test moves.</summary>
internal sealed partial class MailingSite : IAsyncDisposable
{
    private MailingSite(AppFixture app, SmtpServerDouble server, FakeTimeProvider clock) => (App, Server, Clock) = (app, server, clock);

    public AppFixture App { get; }

    public SmtpServerDouble Server { get; }

    public FakeTimeProvider Clock { get; }

    /// <summary>Starts a site.</summary>
    /// <param name="settings">Further settings of the site.</param>
    public static async Task<MailingSite> StartAsync(AzuriteServer azurite, params (string Key, string Value)[] settings)
    {
        var server = new SmtpServerDouble();
        // Signatures of the storage emulator are checked against its own clock.
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var app = await AppFixture.StartAsync(azurite, services => services.AddSingleton<TimeProvider>(clock));
        var all = new Dictionary<string, string>
        {
            ["smtpHost"] = "127.0.0.1",
            ["smtpPort"] = server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["fromAdress"] = "drive@example.com",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        await app.Services.GetRequiredService<SettingStore>().SetAsync(all);
        return new MailingSite(app, server, clock);
    }

    /// <summary>Runs the queue function for the requested mails, and reads the next mail.</summary>
    public async Task<(string To, string Subject, Uri Link)> ReceiveAsync()
    {
        var received = Server.ReceiveAsync();
        while (!received.IsCompleted)
        {
            await App.DeliverAsync(App.Layout.MailsQueueName, "SendMail");
            await Task.WhenAny(received, Task.Delay(50));
        }
        var mail = await received;
        using var message = await MimeMessage.LoadAsync(new MemoryStream(Encoding.UTF8.GetBytes(mail.Content)));
        var link = WebUtility.HtmlDecode(Links().Matches(message.HtmlBody!)[^1].Groups["url"].Value);
        return (mail.To, message.Subject!, new Uri(link));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Server.DisposeAsync();
    }

    [GeneratedRegex("href=\"(?<url>[^\"]+)\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Links();
}
