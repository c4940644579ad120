using Cloudreve.Core.Infrastructure.Parsing;

namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>
/// Reads the text of documents that strangers may have made: bounded in text, work and time, and two at once in a process, however many
/// messages come.
/// </summary>
/// <param name="clock">Limits the time.</param>
internal sealed class TextExtraction(TimeProvider clock) : IDisposable
{
    /// <summary>The most characters that are kept of a document: some 300 pages.</summary>
    public const int MaxCharacters = 1_000_000;

    // Some seconds of work.
    private const long MaxSteps = 20_000_000;

    private const int Places = 2;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(60);

    // A parser that does not look for its cancellation is left alone, and its place goes to another document. No thread can be ended by force, so
    // with as many of them the process reads no more documents until one of them ends: they could take all its processors.
    private const int MostAbandoned = 4;

    private static readonly TimeSpan s_abandonment = s_timeout + TimeSpan.FromSeconds(10);

    // Other work of the process must not wait for slow documents.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _places = new(Places, Places);
    private int _abandoned;

    /// <summary>Reads a document.</summary>
    /// <param name="loadAsync">Loads the bytes, when there is a place.</param>
    /// <param name="readAsync">Reads the text.</param>
    /// <exception cref="UnreadableDocumentException">It takes more work or time than any sensible one, or is damaged.</exception>
    /// <exception cref="TimeoutException">There was no place for two minutes, or too many documents have never ended.</exception>
    public async Task<string> RunAsync(Func<CancellationToken, Task<byte[]>> loadAsync, ReadTextAsync readAsync, CancellationToken cancellationToken)
    {
        await EnterAsync(cancellationToken);
        var stop = new CancellationTokenSource(s_timeout, clock);
        Task<string> work;
        try
        {
            var content = await loadAsync(cancellationToken);
            work = Task.Run(() => ReadAsync(content, readAsync, stop.Token), CancellationToken.None);
        }
        catch
        {
            stop.Dispose();
            _places.Release();
            throw;
        }
        _ = LeaveAsync(work, stop);
        try
        {
            return await work.WaitAsync(s_abandonment, clock, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new UnreadableDocumentException("The document takes too long.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private static async Task<string> ReadAsync(byte[] content, ReadTextAsync readAsync, CancellationToken cancellationToken)
    {
        var text = new TextCollector(
            MaxCharacters, new WorkBudget(MaxSteps, static () => new UnreadableDocumentException("The document takes too much work."), cancellationToken));
        try
        {
            await readAsync(content, text);
        }
        catch (Exception e) when (e is not (UnreadableDocumentException or OperationCanceledException))
        {
            // Libraries fail in many ways on damaged documents. What came before is indexed.
            if (text.ToString().Length == 0)
                throw new UnreadableDocumentException("The document is damaged.", e);
        }
        return text.ToString();
    }

    private async Task EnterAsync(CancellationToken cancellationToken)
    {
        RequireFew(Volatile.Read(ref _abandoned) + 1);
        using var patience = new CancellationTokenSource(s_patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await _places.WaitAsync(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("Other documents take too long.", e);
        }
        try
        {
            // The place may be that of one more that never ended, and the one in the other place may not end either. An abandoned document is
            // counted before its place is free, so this order misses none.
            var atWork = Places - _places.CurrentCount;
            RequireFew(atWork + Volatile.Read(ref _abandoned));
        }
        catch
        {
            _places.Release();
            throw;
        }
    }

    private static void RequireFew(int parsers)
    {
        if (parsers > MostAbandoned)
            throw new TimeoutException("Earlier documents never ended; no more are read until they do or the process is restarted.");
    }

    private async Task LeaveAsync(Task work, CancellationTokenSource stop)
    {
        await Task.WhenAny(work, Task.Delay(s_abandonment, clock));
        var isAbandoned = !work.IsCompleted;
        if (isAbandoned)
            Interlocked.Increment(ref _abandoned);
        _places.Release();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
        if (isAbandoned)
            Interlocked.Decrement(ref _abandoned);
    }
}
