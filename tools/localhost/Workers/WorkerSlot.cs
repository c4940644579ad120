namespace Cloudreve.LocalHost.Workers;

/// <summary>The slot of the one worker: empty while it starts or is replaced, in which case invocations wait.</summary>
internal sealed class WorkerSlot
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<Worker> _worker = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits for a running worker.</summary>
    public Task<Worker> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
            return _worker.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Fills the slot until the worker's stream ends.</summary>
    public void Fill(Worker worker)
    {
        lock (_lock)
        {
            if (_worker.Task.IsCompleted)
                _worker = new TaskCompletionSource<Worker>(TaskCreationOptions.RunContinuationsAsynchronously);
            _worker.SetResult(worker);
        }
        worker.Connection.Closed.Register(() => Empty(worker));
    }

    private void Empty(Worker worker)
    {
        lock (_lock)
        {
            if (_worker.Task.IsCompletedSuccessfully && _worker.Task.Result == worker)
                _worker = new TaskCompletionSource<Worker>(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
