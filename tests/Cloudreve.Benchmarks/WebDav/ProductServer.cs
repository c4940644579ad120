using System.Net.Http.Headers;
using System.Text;
using Cloudreve.Benchmarks.Apps;

namespace Cloudreve.Benchmarks.WebDav;

/// <summary>The product under the local host, with a WebDAV account that streams content through the app.</summary>
internal sealed class ProductServer : IDavServer
{
    private readonly Options _options;
    private readonly string _connectionString;
    private AppProcess _app;
    private string _password = "";

    private ProductServer(Options options, string connectionString, AppProcess app) =>
        (_options, _connectionString, _app, Client) = (options, connectionString, app, new HttpClient());

    public string Name => "cloudreve";

    public HttpClient Client { get; private set; }

    /// <summary>Its processes.</summary>
    public AppProcess App => _app;

    public static async Task<ProductServer> StartAsync(Options options, string connectionString)
    {
        var server = new ProductServer(options, connectionString, await AppProcess.StartProductAsync(options, connectionString));
        using var api = new ApiClient(server._app);
        await api.SignInAsync();
        var account = await api.SendAsync(HttpMethod.Put, "devices/dav", new { name = "bench", uri = "cloudreve://my", proxy = true });
        server._password = account.GetProperty("password").GetString()!;
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
        _app.Dispose();
    }

    private void Connect()
    {
        Client.Dispose();
        Client = new HttpClient { BaseAddress = new Uri(_app.Address, "/dav/"), Timeout = TimeSpan.FromMinutes(10) };
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{AppSettings.AdminEmail}:{_password}"));
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
    }
}
