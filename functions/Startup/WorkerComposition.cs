using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Functions.Api;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.FrontEnd;
using Cloudreve.Functions.Triggers;
using Cloudreve.Functions.Triggers.Timers;
using Cloudreve.Functions.WebDav;
using Cloudreve.Orchestrations;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Functions.Startup;

/// <summary>Composes the worker. The executable and the tests build it in this one way.</summary>
internal static class WorkerComposition
{
    // The host takes request lines of 8 KiB, and escaping makes them longer on their way here.
    private const int MaxRequestLineSize = 64 * 1024;

    // The host's own limits are 32 KiB and 100 headers; it adds some, and a request that it accepted must be accepted here as well.
    private const int MaxRequestHeadersTotalSize = 64 * 1024;
    private const int MaxRequestHeaderCount = 200;

    /// <summary>Adds the whole app to a worker; sends nothing to storage yet.</summary>
    /// <param name="builder">The worker. Tests have added settings and services of their own before.</param>
    /// <exception cref="SettingsException">A setting is missing or malformed.</exception>
    /// <exception cref="FunctionDeclarationException">A function does not declare who may call it.</exception>
    public static FunctionsApplicationBuilder AddCloudreve(this FunctionsApplicationBuilder builder)
    {
        var settings = AppSettings.Read(builder.Configuration);
        builder.ConfigureFunctionsWebApplication();
        builder.UseHttpEdge();
        builder.UseTriggerGate();
        ConfigureServer(builder.Services);
        ConfigureLogging(builder.Logging);
        AddStorage(builder.Services, settings);
        builder.Services.AddSingleton<IFunctionMetadataTransformer, TriggerSettings>();
        builder.Services.AddSingleton(BootstrapSettings.Read(builder.Configuration));
        builder.Services.AddHostedService<BootstrapWarmUp>();
        builder.Services.AddCloudreveApi(builder.Configuration);
        builder.Services.AddWebDav();
        builder.Services.AddFrontEnd();
        builder.Services.AddOrchestrations();
        return builder;
    }

    /// <summary>
    /// Each function limits its own bodies (<see cref="BodyLimitAttribute"/>), and all have the same minimum rate, wherever they wait:
    /// <see cref="PacedBody"/>.
    /// </summary>
    private static void ConfigureServer(IServiceCollection services) => services.Configure<KestrelServerOptions>(kestrel =>
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestLineSize = MaxRequestLineSize;
        kestrel.Limits.MaxRequestHeadersTotalSize = MaxRequestHeadersTotalSize;
        kestrel.Limits.MaxRequestHeaderCount = MaxRequestHeaderCount;
        kestrel.Limits.MinRequestBodyDataRate = null;
    });

    private static void ConfigureLogging(ILoggingBuilder logging)
    {
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
    }

    private static void AddStorage(IServiceCollection services, AppSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(settings.Rules);
        services.AddSingleton(settings.Outgoing);
        services.AddSingleton(new DownloadRules(settings.Downloads));
        services.AddSingleton(settings.SealingKeys);
        services.AddSingleton<TimedSweep>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => Connect(settings.Storage, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new StorageLayout(provider.GetRequiredService<StorageAccount>(), settings.Prefix));
        if (settings.KeyVault is { } vault)
            services.AddTokenKeyVault(vault);
        if (settings.Search is { } search)
            services.AddSingleton(search);
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
