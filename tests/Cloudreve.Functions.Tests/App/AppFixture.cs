using Cloudreve.AzureStorage;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Api;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Functions.Tests.App;

/// <summary>The whole app in this process, listening on a free port, with names of its own in the storage emulator.</summary>
public sealed class AppFixture : IAsyncDisposable
{
    private readonly WebApplication _app;

    private AppFixture(WebApplication app, StorageAccount account, StorageLayout layout)
    {
        _app = app;
        Account = account;
        Layout = layout;
    }

    /// <summary>The storage account that the app uses, with its transaction counter.</summary>
    public StorageAccount Account { get; }

    /// <summary>The names that the app uses.</summary>
    public StorageLayout Layout { get; }

    /// <summary>The app's services.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts an app.</summary>
    /// <param name="azurite">The emulator.</param>
    /// <param name="configure">Adds or replaces services, such as endpoints of a test; null for none.</param>
    /// <param name="map">Maps endpoints of a test; null for none.</param>
    public static async Task<AppFixture> StartAsync(
        AzuriteServer azurite, Action<IServiceCollection>? configure = null, Action<WebApplication>? map = null)
    {
        var account = azurite.Connect();
        var layout = new StorageLayout(account, AzuriteServer.UniqueName());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(account).AddSingleton(layout).AddSingleton(TimeProvider.System);
        builder.Services.AddCloudreveApi(builder.Configuration);
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        app.UseApiEdge();
        app.MapCloudreveApi();
        map?.Invoke(app);
        await app.StartAsync();
        return new AppFixture(app, account, layout);
    }

    /// <summary>A client of the app that follows no redirects and fails the test where an exchange departs from the API contract.</summary>
    public HttpClient CreateClient() =>
        new(new ContractHandler(new SocketsHttpHandler { AllowAutoRedirect = false })) { BaseAddress = new Uri(_app.Urls.Single()) };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
