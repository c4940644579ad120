using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.EndToEnd.HostDouble.TaskHub;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>
/// A double of the Functions host: runs a folder's handler and calls its functions for HTTP requests, queue messages, timers and
/// durable work. The address and the task hub outlive a host that stopped, as they do on the platform.
/// </summary>
internal sealed class FunctionsHost : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _log = new();
    private readonly FunctionAppFolder _folder;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly StorageAccount _storage;
    private readonly SemaphoreSlim _starting = new(1, 1);
    private readonly TaskHubSidecar _sidecar;
    private HttpFront _front = null!;
    private HostRun _run;

    private FunctionsHost(
        FunctionAppFolder folder, IReadOnlyDictionary<string, string> settings, StorageAccount storage, InMemoryTaskHub hub, TaskHubSidecar sidecar)
    {
        (_folder, _settings, _storage, Hub, _sidecar) = (folder, settings, storage, hub, sidecar);
        _run = NewRun();
    }

    /// <summary>Where clients reach the functions.</summary>
    public Uri Address => _front.Address;

    /// <summary>The host's task hub.</summary>
    public InMemoryTaskHub Hub { get; }

    /// <summary>What host and handler said.</summary>
    public string Output => string.Join('\n', _log);

    /// <summary>Whether three crashes have stopped the host.</summary>
    public bool HasStopped => _run.HasStopped;

    /// <summary>Starts a host.</summary>
    /// <param name="folder">What it runs.</param>
    /// <param name="settings">The app settings.</param>
    /// <param name="storage">The account of AzureWebJobsStorage.</param>
    public static async Task<FunctionsHost> StartAsync(FunctionAppFolder folder, IReadOnlyDictionary<string, string> settings, StorageAccount storage)
    {
        var hub = new InMemoryTaskHub(TimeProvider.System);
        var host = new FunctionsHost(folder, settings, storage, hub, await TaskHubSidecar.StartAsync(hub, folder.Configuration.TaskHubName));
        host._front = await HttpFront.StartAsync(folder, token => host._run.Supervisor.LocateAsync(token));
        return host;
    }

    /// <summary>Kills the handler, without a word before.</summary>
    /// <exception cref="HostStoppedException">The host has stopped.</exception>
    public async Task KillHandlerAsync() => (await _run.Supervisor.GetAsync(CancellationToken.None)).Kill();

    /// <summary>Ends the host, if it has not stopped by itself, and starts another one in its place.</summary>
    public async Task RestartAsync()
    {
        await _starting.WaitAsync();
        try
        {
            await _run.DisposeAsync();
            _run = NewRun();
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Fires a timer function once.</summary>
    /// <exception cref="InvalidOperationException">There is no such timer, or its invocation did not succeed.</exception>
    public Task FireTimerAsync(string functionName) =>
        _folder.Find(functionName) is { } function && function.Trigger.Is("timerTrigger")
            ? _run.FireTimerAsync(function)
            : throw new InvalidOperationException($"There is no timer function '{functionName}'.");

    public async ValueTask DisposeAsync()
    {
        await _run.DisposeAsync();
        await _front.DisposeAsync();
        await _sidecar.DisposeAsync();
        Hub.Dispose();
        _starting.Dispose();
    }

    private HostRun NewRun() =>
        new(_folder, _settings, _storage, Hub, new DurableClientInput(_folder.Configuration.TaskHubName, _sidecar.Address), _log.Enqueue);
}
