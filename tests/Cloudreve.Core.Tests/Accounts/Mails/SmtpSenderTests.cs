using Cloudreve.Core.Accounts.Mails;
using Cloudreve.Core.Accounts.Mails.Smtp;
using Cloudreve.Core.Tests.Infrastructure.Outgoing;
using Cloudreve.Testing.Smtp;
using MailKit.Net.Smtp;
using Microsoft.Extensions.Time.Testing;
using MimeKit;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts.Mails;

public sealed class SmtpSenderTests
{
    private static readonly OutgoingMail Mail = new("mail-1", "jané@example.com", "Jané", "Grüße", "<p>Hallo 世界</p>");

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Given_a_server_when_a_mail_is_sent_then_it_arrives_complete()
    {
        await using var server = new SmtpServerDouble();
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        await sender.SendAsync(To(server) with { FromName = "Drive", ReplyTo = "help@example.com" }, Mail with { ToAddress = "jane@example.com" });

        var received = await server.ReceiveAsync();
        Assert.Equal(("drive@example.com", "jane@example.com"), (received.From, received.To));
        using var message = await MimeMessage.LoadAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(received.Content)));
        Assert.Equal(("Grüße", "<p>Hallo 世界</p>"), (message.Subject, message.HtmlBody?.TrimEnd()));
        Assert.Equal("\"Drive\" <drive@example.com>", message.From.ToString());
        Assert.Equal(("help@example.com", "mail-1@example.com"), (message.ReplyTo.ToString(), message.MessageId));
    }

    [Fact]
    public async Task Given_two_mails_in_a_row_when_sent_then_they_share_a_connection_until_it_idles_too_long()
    {
        await using var server = new SmtpServerDouble();
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        await sender.SendAsync(To(server), Mail);
        await sender.SendAsync(To(server), Mail);
        _clock.Advance(TimeSpan.FromSeconds(31));
        await sender.SendAsync(To(server), Mail);

        var connections = new List<int>();
        for (var i = 0; i < 3; i++)
            connections.Add((await server.ReceiveAsync()).Connection);
        Assert.Equal([1, 1, 2], connections);
    }

    [Fact]
    public async Task Given_a_server_that_closes_connections_when_a_second_mail_is_sent_then_a_new_one_opens()
    {
        await using var server = new SmtpServerDouble { ClosesAfterMail = true };
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        await sender.SendAsync(To(server), Mail);
        await server.ReceiveAsync();
        await sender.SendAsync(To(server), Mail);

        Assert.Equal(2, (await server.ReceiveAsync()).Connection);
    }

    [Fact]
    public async Task Given_a_server_that_asks_for_a_password_when_a_mail_is_sent_then_it_gets_the_sites()
    {
        await using var server = new SmtpServerDouble { Credentials = ("drive", "s3cret") };
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        await sender.SendAsync(To(server) with { User = "drive", Password = "s3cret" }, Mail);

        Assert.NotNull(await server.ReceiveAsync());
    }

    [Fact]
    public async Task Given_a_wrong_password_when_a_mail_is_sent_then_it_fails_so_that_it_is_tried_again()
    {
        await using var server = new SmtpServerDouble { Credentials = ("drive", "s3cret") };
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        await Assert.ThrowsAsync<MailKit.Security.AuthenticationException>(
            () => sender.SendAsync(To(server) with { User = "drive", Password = "wrong" }, Mail));
        Assert.Null(server.TryReceive());
    }

    [Theory]
    [InlineData("550 No such mailbox", true)]
    [InlineData("451 Come back later", false)]
    public async Task Given_a_recipient_that_the_server_refuses_when_a_mail_is_sent_then_it_says_if_final(string answer, bool isFinal)
    {
        await using var server = new SmtpServerDouble { OnRecipient = _ => answer };
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        var error = await Record.ExceptionAsync(() => sender.SendAsync(To(server), Mail));

        Assert.IsType(isFinal ? typeof(MailRefusedException) : typeof(SmtpCommandException), error);
    }

    [Fact]
    public async Task Given_a_server_without_tls_when_the_connection_must_start_with_it_then_nothing_is_sent()
    {
        await using var server = new SmtpServerDouble();
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        await Assert.ThrowsAnyAsync<Exception>(() => sender.SendAsync(To(server) with { StartsWithTls = true }, Mail));
        Assert.Null(server.TryReceive());
    }

    [Fact]
    public async Task Given_a_malformed_sender_when_a_mail_is_sent_then_it_is_refused_for_good()
    {
        await using var server = new SmtpServerDouble();
        await using var sender = new SmtpSender(OutgoingGuards.Local, _clock);

        await Assert.ThrowsAsync<MailRefusedException>(() => sender.SendAsync(To(server) with { ReplyTo = "a@b@c <" }, Mail));
    }

    private static SmtpSettings To(SmtpServerDouble server) => new()
    {
        Host = "127.0.0.1",
        Port = server.Port,
        FromAddress = "drive@example.com",
        KeepAlive = TimeSpan.FromSeconds(30),
    };
}
