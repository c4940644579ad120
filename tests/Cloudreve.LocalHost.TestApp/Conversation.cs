namespace Cloudreve.LocalHost.TestApp;

/// <summary>Lets a test in the same process follow a request while it runs.</summary>
public sealed class Conversation : IDisposable
{
    private long _received;

    /// <summary>The bytes that came so far.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Allows the next line of an answer.</summary>
    public SemaphoreSlim Turn { get; } = new(0);

    /// <summary>Records received bytes.</summary>
    public void Receive(int count) => Interlocked.Add(ref _received, count);

    public void Dispose() => Turn.Dispose();
}
