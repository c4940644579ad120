using System.Net;
using System.Net.Sockets;
using Cloudreve.Core.Infrastructure.Outgoing;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Cloudreve.Core.Accounts.Mails.Smtp;

/// <summary>
/// Sends mails over SMTP, one after the other. The connection is kept for a while, so that mails in a row share it; a process that
/// is suspended with one finds out at the next mail that the server has closed it, and reconnects.
/// </summary>
/// <param name="guard">Connects to the server.</param>
/// <param name="clock">Determines when a connection has been idle long enough.</param>
public sealed class SmtpSender(OutgoingGuard guard, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private SmtpClient? _client;
    private SmtpSettings? _connectedBy;
    private ITimer? _idle;

    /// <summary>Sends a mail.</summary>
    /// <exception cref="MailRefusedException">The server does not accept the mail or may not be called, or an address is malformed.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="MailKit.ProtocolException">The server violated the protocol.</exception>
    public async Task SendAsync(SmtpSettings settings, OutgoingMail mail, CancellationToken cancellationToken = default)
    {
        using var message = Describe(settings, mail);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var client = await ConnectAsync(settings, cancellationToken);
            await client.SendAsync(message, cancellationToken);
            _idle?.Dispose();
            _idle = clock.CreateTimer(_ => CloseIdle(), null, settings.KeepAlive, Timeout.InfiniteTimeSpan);
        }
        catch (SmtpCommandException e)
        {
            Disconnect();
            // A refusal with 5yz is permanent (RFC 5321, 4.2.1); with 4yz the server asks to try again.
            if ((int)e.StatusCode >= 500)
                throw new MailRefusedException($"The mail server refused the mail with {(int)e.StatusCode}.", e);
            throw;
        }
        catch
        {
            Disconnect();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        Disconnect();
        _turn.Dispose();
    }

    private static MimeMessage Describe(SmtpSettings settings, OutgoingMail mail)
    {
        try
        {
            var message = new MimeMessage { Subject = mail.Subject, Body = new TextPart("html") { Text = mail.HtmlBody } };
            var sender = new MailboxAddress(settings.FromName, settings.FromAddress);
            message.From.Add(sender);
            message.To.Add(new MailboxAddress(mail.ToName, mail.ToAddress));
            if (settings.ReplyTo.Length > 0)
                message.ReplyTo.Add(MailboxAddress.Parse(settings.ReplyTo));
            message.MessageId = $"{mail.Id}@{(sender.Domain is { Length: > 0 } domain ? domain : "localhost")}";
            return message;
        }
        catch (FormatException e)
        {
            throw new MailRefusedException("The sender or reply-to address is malformed.", e);
        }
    }

    private async Task<SmtpClient> ConnectAsync(SmtpSettings settings, CancellationToken cancellationToken)
    {
        if (_client is not null && _connectedBy == settings && await IsAliveAsync(_client, cancellationToken))
            return _client;
        Disconnect();
        _client = new SmtpClient { Timeout = (int)SendTimeout.TotalMilliseconds };
        _connectedBy = settings;
        var security = settings.StartsWithTls ? SecureSocketOptions.SslOnConnect : SecureSocketOptions.StartTlsWhenAvailable;
        await ConnectAsync(_client, settings, security, cancellationToken);
        if (settings.User.Length == 0)
            return _client;
        if (!_client.IsSecure && !IsLoopback(settings.Host))
            throw new MailRefusedException("The mail server offers no TLS, so the password is not sent to it.");
        await _client.AuthenticateAsync(settings.User, settings.Password, cancellationToken);
        return _client;
    }

    private async Task ConnectAsync(SmtpClient client, SmtpSettings settings, SecureSocketOptions security, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SendTimeout);
        Socket? socket = null;
        try
        {
            socket = await guard.ConnectAsync(settings.Host, settings.Port, limit.Token);
            await client.ConnectAsync(socket, settings.Host, settings.Port, security, cancellationToken);
        }
        catch (OutgoingRefusedException e)
        {
            throw new MailRefusedException("The mail server is not on the internet, and the server's operator does not allow it.", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            socket?.Dispose();
            throw new TimeoutException("The mail server does not answer.", e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static async Task<bool> IsAliveAsync(SmtpClient client, CancellationToken cancellationToken)
    {
        if (!client.IsConnected)
            return false;
        try
        {
            await client.NoOpAsync(cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or SocketException or MailKit.ProtocolException or MailKit.CommandException)
        {
            return false;
        }
    }

    private void CloseIdle()
    {
        // The holder of the turn sets another timer.
        if (!_turn.Wait(0))
            return;
        try
        {
            Disconnect();
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Disconnect()
    {
        _idle?.Dispose();
        _idle = null;
        _client?.Dispose();
        _client = null;
        _connectedBy = null;
    }
}
