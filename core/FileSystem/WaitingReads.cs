using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.FileSystem;

/// <summary>
/// Lets those who want the same page while its read waits for its turn share that read: many searches of one tree then cost little more
/// than one. Nobody joins a read that has begun, so nobody gets what is older than the question.
/// </summary>
internal sealed class WaitingReads
{
    private readonly Dictionary<Key, SharedRead> _waiting = [];

    /// <summary>Reads a page, or joins those who wait for it.</summary>
    /// <param name="key">The page.</param>
    /// <param name="read">Waits for its turn, says that it begins, and reads.</param>
    /// <param name="cancellationToken">Ends the waiting of this one; the read itself ends when all have gone.</param>
    public async Task<RowPage> ReadAsync(Key key, Func<Action, CancellationToken, Task<RowPage>> read, CancellationToken cancellationToken)
    {
        var shared = Join(key, read);
        try
        {
            return await shared.Page.Value.WaitAsync(cancellationToken);
        }
        finally
        {
            Leave(key, shared);
        }
    }

    private SharedRead Join(Key key, Func<Action, CancellationToken, Task<RowPage>> read)
    {
        lock (_waiting)
        {
            if (!_waiting.TryGetValue(key, out var shared))
            {
                shared = new SharedRead();
                shared.Page = new Lazy<Task<RowPage>>(() => read(() => Close(key, shared), shared.Abandoned.Token));
                _waiting[key] = shared;
            }
            shared.Readers++;
            return shared;
        }
    }

    /// <summary>From here on nobody joins.</summary>
    private void Close(Key key, SharedRead shared)
    {
        lock (_waiting)
        {
            if (_waiting.GetValueOrDefault(key) == shared)
                _waiting.Remove(key);
        }
    }

    private void Leave(Key key, SharedRead shared)
    {
        lock (_waiting)
        {
            if (--shared.Readers > 0)
                return;
            Close(key, shared);
        }
        // The last one to go takes a read along that nobody waits for.
        if (!shared.Page.Value.IsCompleted)
            shared.Abandoned.Cancel();
    }

    /// <summary>A page.</summary>
    /// <param name="AccountId">Who reads it.</param>
    /// <param name="Table">The table's name.</param>
    /// <param name="Range">Which rows.</param>
    /// <param name="Continuation">Where it begins; null for the first.</param>
    internal sealed record Key(long AccountId, string Table, RowRange Range, string? Continuation);

    private sealed class SharedRead
    {
        public int Readers { get; set; }

        public Lazy<Task<RowPage>> Page { get; set; } = null!;

        public CancellationTokenSource Abandoned { get; } = new();
    }
}
