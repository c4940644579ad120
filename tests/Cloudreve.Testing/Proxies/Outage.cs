namespace Cloudreve.Testing.Proxies;

/// <summary>A fault of some requests, from <see cref="StorageProxy.Fail"/> until it is disposed of.</summary>
public sealed class Outage : IDisposable
{
    private readonly TaskCompletionSource _struck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private readonly Func<ProxiedRequest, bool> _matches;
    private readonly Action<Outage> _remove;
    private int _requests;

    internal Outage(NetworkFault fault, Func<ProxiedRequest, bool> matches, Action<Outage> remove) => (Fault, _matches, _remove) = (fault, matches, remove);

    /// <summary>The effect on the requests.</summary>
    public NetworkFault Fault { get; }

    /// <summary>Number of requests that it has met.</summary>
    public int Requests => Volatile.Read(ref _requests);

    /// <summary>Ends when it meets its first request.</summary>
    public Task Struck => _struck.Task;

    internal CancellationToken Over => _over.Token;

    /// <summary>Ends the outage: requests that are held continue, and those that got no answer lose their connection.</summary>
    public void Dispose()
    {
        _remove(this);
        _over.Cancel();
    }

    internal bool Meets(ProxiedRequest request)
    {
        if (!_matches(request))
            return false;
        Interlocked.Increment(ref _requests);
        _struck.TrySetResult();
        return true;
    }
}
