using Cloudreve.AzureStorage;
using Cloudreve.EndToEnd.HostDouble.TaskHub;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>The host from one start to its stop: the handler, and what calls it.</summary>
internal sealed class HostRun : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly FunctionInvoker _invoker;
    private readonly OutputBindings _outputs;
    private readonly DurableClientInput _client;
    private readonly Task _work;

    public HostRun(
        FunctionAppFolder folder, IReadOnlyDictionary<string, string> settings, StorageAccount storage, InMemoryTaskHub hub, DurableClientInput client,
        Action<string> log)
    {
        _client = client;
        Supervisor = new HandlerSupervisor(folder, settings, log);
        _invoker = new FunctionInvoker(Supervisor.LocateAsync, Supervisor.Recycle, folder.Configuration.FunctionTimeout);
        _outputs = new OutputBindings(folder, storage, hub);
        _work = Task.WhenAll(
        [
            new TaskHubWorker(folder, hub, _invoker, log).RunAsync(_stop.Token),
            .. from function in folder.Functions
               where function.Trigger.Is("queueTrigger")
               select new QueueListener(function, storage, folder.Configuration.Queues, _invoker, _outputs, client, log).RunAsync(_stop.Token),
            StopWithHandlerAsync(),
        ]);
    }

    /// <summary>What keeps the handler running.</summary>
    public HandlerSupervisor Supervisor { get; }

    /// <summary>Whether the handler crashed too often.</summary>
    public bool HasStopped => Supervisor.Completion.IsCompleted;

    public async Task FireTimerAsync(HostedFunction function)
    {
        var result = await _invoker.InvokeAsync(function, TriggerPayload.Timer(function, TimeProvider.System.GetUtcNow(), _client), _stop.Token);
        if (result is not InvocationResult.Succeeded succeeded)
            throw new InvalidOperationException($"{function.Name}: {result}");
        await _outputs.DeliverAsync(function, succeeded, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Supervisor.DisposeAsync();
        await _work;
        _invoker.Dispose();
        _stop.Dispose();
    }

    private async Task StopWithHandlerAsync()
    {
        await Supervisor.Completion;
        await _stop.CancelAsync();
    }
}
