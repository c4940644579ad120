using System.Net;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Cloudreve.LocalHost.Http;
using Cloudreve.LocalHost.Jobs;
using Cloudreve.LocalHost.Logging;
using Cloudreve.LocalHost.Timers;
using Cloudreve.LocalHost.Workers;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost;

/// <summary>The host as a process: the HTTP front, the triggers and the worker, from the start to an orderly end.</summary>
internal sealed class LocalFunctionsHost : IDisposable
{
    private static readonly TimeSpan s_drainTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_storagePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_timeoutGrace = TimeSpan.FromSeconds(5);
    private readonly AppFolder _app;
    private readonly HostJson _hostJson;
    private readonly HostSettings _settings;
    private readonly Action<string> _output;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly WorkerSlot _slot = new();
    private readonly FunctionInvoker _invoker;

    /// <summary>Prepares a host.</summary>
    /// <exception cref="LocalHostException">The folder holds no app that this host can run.</exception>
    public LocalFunctionsHost(string directory, Action<string> output)
    {
        _app = AppFolder.Open(directory);
        ExtensionVersions.Check(_app);
        _app.ApplyLocalSettings();
        HostSettings.DefineEnvironment();
        _hostJson = HostJson.Load(_app.Path);
        _settings = new HostSettings(_hostJson.Configuration, _app);
        _output = output;
        _loggers = LoggerFactory.Create(logging => ConfigureLogging(logging));
        _logger = _loggers.CreateLogger("Host.General");
        _invoker = new FunctionInvoker(_slot, new FunctionTimeout(_hostJson.FunctionTimeout, s_timeoutGrace, _logger), _loggers);
    }

    /// <summary>Runs until it is told to stop.</summary>
    /// <param name="bind">The network address for clients.</param>
    /// <param name="port">The port for clients; 0 for a free one.</param>
    /// <param name="cancellationToken">Ends the host in an orderly way.</param>
    /// <exception cref="LocalHostException">It cannot start or continue.</exception>
    public async Task RunAsync(IPAddress bind, int port, CancellationToken cancellationToken)
    {
        if (!await AwaitStorageAsync(cancellationToken))
            return;
        await using var server = await HttpServer.StartAsync(bind, port);
        HostSettings.DefineHostName(server.Address);
        await using var gateway = await WorkerGateway.StartAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var stopWorker = new CancellationTokenSource();
        var working = new WorkerSupervisor(_app, gateway, _slot, _loggers, _output).RunAsync(stop.Token, stopWorker.Token);
        var serving = ServeAsync(server, stop.Token);
        try
        {
            var told = Task.Delay(Timeout.Infinite, cancellationToken);
            if (await Task.WhenAny(working, serving, told) is var ended && ended != told)
                await ended;
        }
        finally
        {
            var limit = Task.Delay(s_endTimeout, CancellationToken.None);
            await Task.WhenAny(StopServingAsync(server, serving, stop), limit);
            if (!serving.IsCompleted)
            {
                _logger.LogWarning(
                    "What was under way did not end within {Seconds} s: does storage answer? The host ends without it; the next start goes on.",
                    s_endTimeout.TotalSeconds);
            }
            await stopWorker.CancelAsync();
            await Task.WhenAny(working);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _loggers.Dispose();

    /// <summary>
    /// Waits until storage responds: without it the SDK's listeners end the process with pages of stack traces, and an emulator may start
    /// after its app.
    /// </summary>
    /// <returns>False when the host was told to stop before.</returns>
    /// <exception cref="LocalHostException">Storage refuses, or the connection string is malformed: waiting would not help.</exception>
    private async Task<bool> AwaitStorageAsync(CancellationToken cancellationToken)
    {
        for (var isWaiting = false; ; isWaiting = true)
        {
            if (await FindStorageProblemAsync(cancellationToken) is not { } problem)
            {
                if (isWaiting)
                    _logger.LogInformation("The storage of AzureWebJobsStorage answers.");
                return true;
            }
            if (!isWaiting)
                _logger.LogWarning("The storage of AzureWebJobsStorage does not answer; waiting for it: {Reason}", problem);
            await Task.Delay(s_storagePause, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            if (cancellationToken.IsCancellationRequested)
                return false;
        }
    }

    private async Task<string?> FindStorageProblemAsync(CancellationToken cancellationToken)
    {
        var options = new BlobClientOptions { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromSeconds(10) } };
        try
        {
            await new BlobServiceClient(_settings.Storage, options).GetPropertiesAsync(cancellationToken);
            return null;
        }
        catch (Exception e) when (e is RequestFailedException { Status: 0 or >= 500 } or OperationCanceledException)
        {
            return e.Message;
        }
        catch (Exception e) when (e is RequestFailedException or FormatException)
        {
            throw new LocalHostException($"The storage of AzureWebJobsStorage cannot be used: {e.Message}", e);
        }
    }

    private static async Task StopServingAsync(HttpServer server, Task serving, CancellationTokenSource stop)
    {
        await stop.CancelAsync();
        await server.StopAsync(Drain());
        await Task.WhenAny(serving);
    }

    private static CancellationToken Drain() => new CancellationTokenSource(s_drainTimeout).Token;

    /// <summary>Serves HTTP, triggers and timers from the moment the worker is there until the host is told to stop.</summary>
    private async Task ServeAsync(HttpServer server, CancellationToken cancellationToken)
    {
        try
        {
            var functions = (await _slot.GetAsync(cancellationToken)).Functions;
            var enabled = functions.Where(function => !_settings.IsDisabled(function.Name)).ToList();
            var webhooks = new Webhooks(server.Address, _settings.BlobsKey ?? RandomNumberGenerator.GetHexString(40, lowercase: true));
            var options = new TriggerHostOptions(enabled, _invoker, _slot, _hostJson, _settings, webhooks, ConfigureLogging);
            await using var triggers = await TriggerHost.StartAsync(options, cancellationToken);
            using var routes = new FunctionRoutes(functions, _hostJson.RoutePrefix);
            var rules = new HttpFrontOptions(_settings.BodyLimit, _settings.IsDisabled);
            using var front = new HttpFront(routes, _invoker, server.Forwarder, rules, _logger);
            server.Handle(context => Webhooks.Owns(context.Request.Path) ? webhooks.HandleAsync(context) : front.HandleAsync(context));
            LogFunctions(enabled, webhooks);
            await RunTimersAsync(enabled, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
            await Task.WhenAll(server.StopAsync(Drain()), triggers?.StopAsync(Drain()) ?? Task.CompletedTask);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped before everything had started.
        }
    }

    private Task RunTimersAsync(List<FunctionDefinition> functions, CancellationToken cancellationToken)
    {
        if (!functions.Any(function => function.IsTriggeredBy("timerTrigger")))
            return Task.CompletedTask;
        var store = new BlobScheduleStore(_settings.Storage, _settings.HostId);
        var timers = new TimerRunner(_invoker, store, _settings, TimeProvider.System, _logger);
        return timers.RunAsync(functions, cancellationToken);
    }

    private void LogFunctions(List<FunctionDefinition> functions, Webhooks webhooks)
    {
        foreach (var function in functions)
        {
            var detail = function.Route is { } route ? $"[{string.Join(',', function.Methods)}] /{route}" : function.TriggerType;
            _logger.LogInformation("{Name}: {Detail}", function.Name, detail);
            if (webhooks.AddressFor(function) is { } address)
                _logger.LogInformation("{Name} takes Event Grid's blob events at {Address}", function.Name, ShownAddress(address));
        }
        _logger.LogInformation("Host started: {Count} functions.", functions.Count);
    }

    /// <summary>A configured key stays out of the log; one that was generated for this run can be read nowhere else.</summary>
    private string ShownAddress(Uri address) => _settings.BlobsKey is null ? address.AbsoluteUri : address.AbsoluteUri.Split("&code=")[0];

    private ILoggingBuilder ConfigureLogging(ILoggingBuilder logging) => logging
        .AddFilter("Microsoft", LogLevel.Warning)
        .AddFilter("Azure.Core", LogLevel.Error)
        .AddFilter("DurableTask", LogLevel.Warning)
        .AddConfiguration(_hostJson.Logging)
        .AddProvider(new HostLoggerProvider(_output, TimeProvider.System));
}
