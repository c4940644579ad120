using Cloudreve.AzureStorage;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Tables;
using Cloudreve.Functions.Api;
using Cloudreve.Functions.FrontEnd;
using Cloudreve.Functions.Hosting.Emission;
using Cloudreve.Functions.Hosting.Invocation;
using Cloudreve.Functions.Hosting.Local;
using Cloudreve.Functions.Triggers;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Functions.Hosting;

/// <summary>Puts the app together. The executable and the tests build it in this one way.</summary>
internal static class CloudreveApp
{
    /// <summary>The largest request body: a Functions host's own default limit.</summary>
    private const long MaxRequestBodySize = 104_857_600;

    /// <summary>
    /// The longest request line. A query holds the URI of a file, escaped twice: a character of a name can take 15 bytes, and
    /// a path has many names.
    /// </summary>
    private const int MaxRequestLineSize = 64 * 1024;

    /// <summary>Builds the app; sends nothing to storage yet.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="customize">For tests: settings and services of their own; runs before any setting is read.</param>
    /// <exception cref="SettingsException">A setting is missing or not understood.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? customize = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        customize?.Invoke(builder);
        var settings = HostSettings.Read(builder.Configuration);
        ConfigureServer(builder, settings);
        ConfigureLogging(builder.Logging, settings);
        AddServices(builder.Services, settings);
        builder.Services.AddCloudreveApi(builder.Configuration);
        var app = builder.Build();
        if (settings.Mode == HostingMode.Handler)
            app.UseMiddleware<InvocationMiddleware>();
        app.UseApiEdge();
        app.MapCloudreveApi();
        if (settings.FrontEndFolder is { } folder)
            app.MapFrontEnd(folder);
        return app;
    }

    private static void ConfigureServer(WebApplicationBuilder builder, HostSettings settings) =>
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBodySize;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineSize;
            // The host has answered a slow client's bytes itself; behind it there is nobody to be protected from.
            if (settings.Mode == HostingMode.Handler)
                kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(settings.Address, settings.Port);
        });

    private static void ConfigureLogging(ILoggingBuilder logging, HostSettings settings)
    {
        logging.ClearProviders();
        if (settings.Mode == HostingMode.Handler)
            logging.AddJsonConsole(console => console.UseUtcTimestamp = true);
        else
            logging.AddSimpleConsole(console => console.SingleLine = true);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
    }

    private static void AddServices(IServiceCollection services, HostSettings settings)
    {
        services.AddSingleton(settings);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Connect(settings.Storage, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new StorageLayout(provider.GetRequiredService<StorageAccount>(), settings.Prefix));
        if (settings.KeyVault is { } vault)
            services.AddTokenKeyVault(vault);
        services.AddCloudreveTriggers(settings);
        services.AddSingleton(provider => new TriggerFunctions(provider.GetServices<TriggerFunction>()));
        services.AddSingleton<InvocationDispatcher>();
        services.AddSingleton<FunctionEmitter>();
        if (settings.Mode == HostingMode.Standalone)
            services.AddLocalHost();
        else if (settings.Mode == HostingMode.Handler)
            services.AddHostedService<BootstrapWarmUp>().AddSingleton<HostTaskHub>().AddSingleton<TaskHubConnector>(
                provider => provider.GetRequiredService<HostTaskHub>().Connect);
    }

    private static StorageAccount Connect(StorageAccountOptions options, TimeProvider clock)
    {
        try
        {
            return new StorageAccount(options, clock);
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentException)
        {
            // The reason may quote the text, which holds the account's key.
            throw new SettingsException("AzureWebJobsStorage is not the connection string of a storage account.");
        }
    }
}
