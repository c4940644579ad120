using System.Text;
using Cloudreve.Functions.Hosting;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.Hosting;

/// <summary>The app exactly as the executable builds it, on a free port, with functions of the test.</summary>
internal sealed class HostedApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private HostedApp(WebApplication app, string prefix)
    {
        _app = app;
        Prefix = prefix;
        Client = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public string Prefix { get; }

    public HttpClient Client { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Starts the app under a Functions host, or standalone.</summary>
    public static async Task<HostedApp> StartAsync(AzuriteServer azurite, bool underHost, params TriggerFunction[] functions)
    {
        var prefix = AzuriteServer.UniqueName();
        var app = CloudreveApp.Build([], builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["AzureWebJobsStorage"] = azurite.ConnectionString,
                ["CLOUDREVE_PREFIX"] = prefix,
                ["CLOUDREVE_ADMIN_EMAIL"] = "admin@example.com",
                ["CLOUDREVE_ADMIN_PASSWORD"] = "correct horse battery",
                [underHost ? "FUNCTIONS_CUSTOMHANDLER_PORT" : "CLOUDREVE_PORT"] = "0",
            });
            foreach (var function in functions)
                builder.Services.AddSingleton(function);
        });
        await app.StartAsync();
        return new HostedApp(app, prefix);
    }

    public Task<HttpResponseMessage> InvokeAsync(string functionName, string payload) =>
        Client.PostAsync("/" + functionName, new StringContent(payload, Encoding.UTF8, "application/json"));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
