namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>Keeps the handler running: a crash restarts it, the third one stops the host.</summary>
internal sealed class HandlerSupervisor : IAsyncDisposable
{
    private const int CrashesToStop = 3;
    private static readonly TimeSpan s_noticeInterval = TimeSpan.FromMilliseconds(5);

    private readonly FunctionAppFolder _folder;
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly Action<string> _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private TaskCompletionSource<HandlerProcess> _ready = NewSignal();
    private HandlerProcess? _recycled;

    /// <summary>Starts the handler.</summary>
    public HandlerSupervisor(FunctionAppFolder folder, IReadOnlyDictionary<string, string> settings, Action<string> log)
    {
        (_folder, _settings, _log) = (folder, settings, log);
        _running = RunAsync();
    }

    /// <summary>Completes when the handler crashed too often or the host was told to stop.</summary>
    public Task Completion => _running;

    /// <summary>The handler, once it answers.</summary>
    /// <exception cref="HostStoppedException">There will be none.</exception>
    public async Task<HandlerProcess> GetAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var handler = await Volatile.Read(ref _ready).Task.WaitAsync(cancellationToken);
            if (!handler.HasExited)
                return handler;
            // Its end is about to be noticed.
            await Task.Delay(s_noticeInterval, cancellationToken);
        }
    }

    /// <summary>Where the handler is, once it answers.</summary>
    /// <exception cref="HostStoppedException">There will be none.</exception>
    public async Task<Uri> LocateAsync(CancellationToken cancellationToken) => (await GetAsync(cancellationToken)).Address;

    /// <summary>Replaces a handler that did not answer in time. This is no crash.</summary>
    /// <param name="address">Where that handler was; nothing happens when another one has taken its place.</param>
    public void Recycle(Uri address)
    {
        if (Volatile.Read(ref _ready).Task is not { IsCompletedSuccessfully: true } ready || ready.Result is not { HasExited: false } handler || handler.Address != address)
            return;
        Volatile.Write(ref _recycled, handler);
        handler.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var crashes = 0;
        try
        {
            while (crashes < CrashesToStop)
            {
                using var handler = HandlerProcess.Start(_folder, _settings, _log);
                if (await handler.AwaitReadyAsync(_stop.Token))
                {
                    _ready.SetResult(handler);
                    await handler.AwaitExitAsync(_stop.Token);
                    Volatile.Write(ref _ready, NewSignal());
                }
                if (Interlocked.Exchange(ref _recycled, null) != handler)
                    _log($"The handler ended ({++crashes}).");
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The host stops and with it the handler.
        }
        finally
        {
            var never = NewSignal();
            never.SetException(new HostStoppedException());
            // Whoever waits on the signal of before is told, too.
            Interlocked.Exchange(ref _ready, never).TrySetException(new HostStoppedException());
        }
    }

    private static TaskCompletionSource<HandlerProcess> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The host has stopped: it invokes nothing any more.</summary>
internal sealed class HostStoppedException() : Exception("The host has stopped.");
