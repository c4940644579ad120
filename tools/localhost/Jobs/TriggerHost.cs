using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.Azure.WebJobs.Host.Config;
using Microsoft.Azure.WebJobs.Host.Executors;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>The WebJobs SDK with its storage and durable extensions, which listens for all triggers but HTTP and timers.</summary>
internal sealed class TriggerHost : IAsyncDisposable
{
    private readonly IHost _host;
    private bool _stopped;

    private TriggerHost(IHost host) => _host = host;

    /// <summary>Builds the job host for the worker's functions and starts to listen.</summary>
    /// <returns>The running job host; null when no function needs it.</returns>
    public static async Task<TriggerHost?> StartAsync(TriggerHostOptions options, CancellationToken cancellationToken)
    {
        var usesClient = options.Functions.Any(function => function.NamesOfBindings("durableClient").Any());
        if (!usesClient && !options.Functions.Any(function => TriggerAttributes.Create(function) is not null))
            return null;
        var host = new TriggerHost(Build(options));
        await host._host.StartAsync(cancellationToken);
        if (usesClient)
            options.Invoker.DurableClient = await host.ReadDurableClientAsync(cancellationToken);
        return host;
    }

    /// <summary>Stops listening and waits for running functions, once: the SDK does not support a second call.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_stopped)
            return;
        _stopped = true;
        await _host.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _host.Dispose();
    }

    private static IHost Build(TriggerHostOptions options)
    {
        var bridge = new TriggerBridge(options.Invoker, options.Slot, options.Settings);
        return new HostBuilder()
            .ConfigureAppConfiguration(configuration => configuration.AddConfiguration(options.HostJson.Configuration))
            .ConfigureLogging(logging => options.ConfigureLogging(logging)
                // The bridge itself reports each run, with the id by which the worker knows it.
                .AddFilter("Function", LogLevel.None)
                .AddFilter("Host.Results", LogLevel.None))
            .ConfigureServices(services => services
                .AddSingleton<ITypeLocator>(new FunctionTypes(options.Functions, bridge.RunAsync))
                .AddSingleton<IHostIdProvider>(new HostId(options.Settings.HostId))
#pragma warning disable CS0618 // See Webhooks.
                .AddSingleton<IWebHookProvider>(options.Webhooks)
#pragma warning restore CS0618
                .AddSingleton<IHostLifetime, NoLifetime>())
            .ConfigureWebJobs(webJobs =>
            {
                webJobs.AddAzureStorageCoreServices();
                webJobs.AddAzureStorageQueues();
                webJobs.AddAzureStorageBlobs();
                webJobs.AddDurableTask();
            })
            .Build();
    }

    private async Task<string> ReadDurableClientAsync(CancellationToken cancellationToken)
    {
        var receiver = new TaskCompletionSource<string>();
        await _host.Services.GetRequiredService<IJobHost>().CallAsync(
            $"{nameof(DurableClientInput)}.{nameof(DurableClientInput.Read)}",
            new Dictionary<string, object> { ["receiver"] = receiver },
            cancellationToken);
        return await receiver.Task;
    }

    private sealed class HostId(string id) : IHostIdProvider
    {
        public Task<string> GetHostIdAsync(CancellationToken cancellationToken) => Task.FromResult(id);
    }

    /// <summary>Only the outer host handles signals.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
