using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Runs work that takes a processor and much memory on threads of its own, a few at once. Clients take turns: a client with many requests waits
/// behind its own requests. Work that cannot be done soon is refused at once. When no further request may wait, a client that has less waiting than
/// another takes the place of that one's latest request, so a few cannot fill the queue.
/// </summary>
/// <param name="threads">Maximum number of threads.</param>
/// <param name="capacity">Maximum number that may wait.</param>
/// <param name="capacityOfClient">Maximum number of one client that may wait.</param>
internal sealed class HashingQueue(int threads, int capacity, int capacityOfClient)
{
    private readonly Lock _turn = new();
    private readonly Dictionary<string, LinkedList<Job>> _waiting = new(StringComparer.Ordinal);

    // The clients that have work waiting, in the order of their turns.
    private readonly Queue<string> _turns = [];
    private int _count;
    private int _running;

    /// <summary>Runs work when it is its client's turn.</summary>
    /// <param name="client">The client that the work is for.</param>
    /// <param name="cancellationToken">Ends the waiting; work that has begun is finished.</param>
    /// <exception cref="CloudreveException">429 when too much waits.</exception>
    public async Task<T> RunAsync<T>(string client, Func<T> work, CancellationToken cancellationToken)
    {
        var result = default(T)!;
        var job = new Job(() => result = work(), ExecutionContext.Capture(), cancellationToken);
        Add(client, job);
        await job.Ended;
        return result;
    }

    private void Add(string client, Job job)
    {
        lock (_turn)
        {
            if (!_waiting.TryGetValue(client, out var own))
                own = [];
            if (own.Count >= capacityOfClient || (_count >= capacity && !TryMakeRoom(own.Count)))
                throw Refused();
            if (own.Count == 0)
            {
                _waiting[client] = own;
                _turns.Enqueue(client);
            }
            own.AddLast(job);
            _count++;
            if (_running == threads)
                return;
            _running++;
        }
        new Thread(Work) { IsBackground = true, Name = "password hashing" }.Start();
    }

    private static CloudreveException Refused() =>
        new(ErrorCode.TooManyRequests, "Too many passwords are being checked right now. Try again in a moment.");

    /// <summary>Takes a place from the client that has most waiting, unless a client that has one more would then have as much.</summary>
    private bool TryMakeRoom(int waiting)
    {
        var most = _waiting.Values.MaxBy(jobs => jobs.Count);
        if (most is null || most.Count <= waiting + 1)
            return false;
        most.Last!.Value.Refuse(Refused());
        most.RemoveLast();
        _count--;
        return true;
    }

    /// <summary>Works until nothing waits.</summary>
    private void Work()
    {
        while (Next() is { } job)
            job.Run();
    }

    private Job? Next()
    {
        lock (_turn)
        {
            if (!_turns.TryDequeue(out var client))
            {
                _running--;
                return null;
            }
            var own = _waiting[client];
            var job = own.First!.Value;
            own.RemoveFirst();
            _count--;
            if (own.Count > 0)
                _turns.Enqueue(client);
            else
                _waiting.Remove(client);
            return job;
        }
    }

    private sealed class Job(Action work, ExecutionContext? context, CancellationToken cancellationToken)
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void Refuse(CloudreveException reason) => _ended.SetException(reason);

        public void Run()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _ended.SetCanceled(cancellationToken);
                return;
            }
            try
            {
                if (context is null)
                    work();
                else
                    ExecutionContext.Run(context, static action => ((Action)action!)(), work);
                _ended.SetResult();
            }
            catch (Exception e)
            {
                _ended.SetException(e);
            }
        }
    }
}
