using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Azure.Core;
using Cloudreve.AzureStorage.Secrets;

namespace Cloudreve.Testing.Vaults;

/// <summary>
/// A key vault on the loopback interface: HTTPS with a certificate of its own, and as much of the REST interface as secrets and their
/// versions need, with the challenge that asks for a token first.
/// </summary>
public sealed class KeyVaultServer : IAsyncDisposable
{
    private const string Domain = "vault.localhost";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly X509Certificate2 _certificate;
    private readonly SocketsHttpHandler _handler;
    private readonly string _host = $"{Guid.NewGuid():N}.{Domain}";
    private readonly string _token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    private readonly Task _accepting;

    /// <summary>Starts a server on a free port.</summary>
    public KeyVaultServer()
    {
        _certificate = Certify(_host);
        _handler = new SocketsHttpHandler
        {
            // The name belongs to no machine: it stands for this server.
            ConnectCallback = ConnectAsync,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trust(_certificate) },
        };
        Secrets = new VaultSecrets(new Uri($"https://{_host}/"));
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The content of the vault, and the requests to it.</summary>
    public VaultSecrets Secrets { get; }

    /// <summary>Options that reach the server with a token that it takes.</summary>
    public KeyVaultOptions Options => OptionsWith(new FixedToken(_token, $"https://{Domain}/.default"));

    /// <summary>Options that reach the server with another credential.</summary>
    public KeyVaultOptions OptionsWith(TokenCredential credential) => new()
    {
        Address = new Uri($"https://{_host}"),
        Credential = credential,
        Handler = _handler,
        RetryDelay = TimeSpan.FromMilliseconds(1),
    };

    /// <summary>A secret as the app sees it.</summary>
    /// <param name="name">The secret's name.</param>
    public VaultSecret Open(string name) => new(Options, name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _accepting;
        _listener.Stop();
        _handler.Dispose();
        _certificate.Dispose();
        _ending.Dispose();
    }

    private static X509Certificate2 Certify(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={Domain}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509ChainPolicy Trust(X509Certificate2 certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(certificate);
        return policy;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        if (context.DnsEndPoint.Host != _host)
            throw new HttpRequestException("There is no other server.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_listener.LocalEndpoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_ending.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = new SslStream(client.GetStream());
                await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _ending.Token);
                while (await HttpExchange.ReadAsync(stream, _ending.Token) is { } exchange)
                    await AnswerAsync(exchange);
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
            {
                // The client has gone, or the test has ended.
            }
        }
    }

    private async Task AnswerAsync(HttpExchange exchange)
    {
        if (exchange.Authorization == $"Bearer {_token}")
        {
            var (status, json) = Secrets.Answer(exchange.Method, exchange.Target, exchange.Body);
            await exchange.AnswerAsync(status, json, _ending.Token);
            return;
        }
        Secrets.Note("401");
        await exchange.AnswerAsync(
            HttpStatusCode.Unauthorized, """{"error":{"code":"Unauthorized","message":"A token is needed."}}""", _ending.Token,
            $"WWW-Authenticate: Bearer authorization=\"https://login.localhost/{Guid.Empty}\", resource=\"https://{Domain}\"");
    }

    private sealed class FixedToken(string token, string scope) : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            requestContext.Scopes is [var asked] && asked == scope
                ? new AccessToken(token, DateTimeOffset.UtcNow.AddHours(1))
                : throw new InvalidOperationException("The token is for a vault.");

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            ValueTask.FromResult(GetToken(requestContext, cancellationToken));
    }
}
