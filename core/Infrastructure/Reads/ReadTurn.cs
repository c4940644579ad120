namespace Cloudreve.Core.Infrastructure.Reads;

/// <summary>
/// A read's place in the queue of <see cref="HeavyReads"/>. Several accounts may wait for the same read; the first account that gets a turn pays.
/// </summary>
internal sealed class ReadTurn
{
    private readonly TaskCompletionSource<long> _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the read may begin, with the account that pays.</summary>
    public Task<long> Granted => _granted.Task;

    /// <summary>Starts the read.</summary>
    /// <param name="accountId">The account that is charged.</param>
    /// <returns>False for a read that has begun already, or that nobody waits for any more.</returns>
    public bool TryGrant(long accountId) => _granted.TrySetResult(accountId);

    /// <summary>Waits for the turn.</summary>
    public async Task<long> WaitAsync(CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() => _granted.TrySetCanceled(cancellationToken));
        return await _granted.Task;
    }
}
