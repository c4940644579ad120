using System.Collections.Concurrent;

namespace Cloudreve.LocalHost.TestApp;

/// <summary>Lets a test in the same process follow a request while it runs.</summary>
public sealed class Conversation : IDisposable
{
    /// <summary>The lines that came so far.</summary>
    public ConcurrentQueue<string> Heard { get; } = new();

    /// <summary>Allows the next line of an answer.</summary>
    public SemaphoreSlim Turn { get; } = new(0);

    public void Dispose() => Turn.Dispose();
}
