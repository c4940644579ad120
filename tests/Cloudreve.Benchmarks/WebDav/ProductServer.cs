using System.Net.Http.Headers;
using System.Text;
using Cloudreve.Benchmarks.Apps;

namespace Cloudreve.Benchmarks.WebDav;

/// <summary>The product under the local host, with an account as users make them, whose reads are redirected to Blob storage, and one whose reads pass through the app.</summary>
internal sealed class ProductServer : IDavServer
{
    private readonly Options _options;
    private readonly string _connectionString;
    private AppProcess _app;
    private string _password = "";
    private string _proxyPassword = "";

    private ProductServer(Options options, string connectionString, AppProcess app) =>
        (_options, _connectionString, _app, Client) = (options, connectionString, app, new HttpClient());

    public string Name => "cloudreve";

    public HttpClient Client { get; private set; }

    /// <summary>A client of the account whose reads pass through the app.</summary>
    public HttpClient ProxyClient { get; private set; } = new();

    /// <summary>Its processes.</summary>
    public AppProcess App => _app;

    public static async Task<ProductServer> StartAsync(Options options, string connectionString)
    {
        var server = new ProductServer(options, connectionString, await AppProcess.StartProductAsync(options, connectionString));
        using var api = new ApiClient(server._app);
        await api.SignInAsync();
        server._password = await CreateAccountAsync(api, proxy: false);
        server._proxyPassword = await CreateAccountAsync(api, proxy: true);
        server.Connect();
        return server;
    }

    public async Task RestartAsync()
    {
        _app.Dispose();
        _app = await AppProcess.StartProductAsync(_options, _connectionString);
        Connect();
    }

    public void Dispose()
    {
        Client.Dispose();
        ProxyClient.Dispose();
        _app.Dispose();
    }

    private static async Task<string> CreateAccountAsync(ApiClient api, bool proxy)
    {
        var account = await api.SendAsync(HttpMethod.Put, "devices/dav", new { name = "bench", uri = "cloudreve://my", proxy });
        return account.GetProperty("password").GetString()!;
    }

    private void Connect()
    {
        Client.Dispose();
        ProxyClient.Dispose();
        (Client, ProxyClient) = (ClientOf(_password), ClientOf(_proxyPassword));
    }

    private HttpClient ClientOf(string password)
    {
        var client = new HttpClient { BaseAddress = new Uri(_app.Address, "/dav/"), Timeout = TimeSpan.FromMinutes(10) };
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{AppSettings.AdminEmail}:{password}"));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        return client;
    }
}
