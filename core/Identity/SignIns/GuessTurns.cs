namespace Cloudreve.Core.Identity.SignIns;

/// <summary>
/// Lets guesses of one secret wait for each other, so that many at once cannot all be checked before the first is counted. Different
/// secrets rarely wait for each other.
/// </summary>
/// <param name="count">How many guesses are checked at once at most.</param>
internal sealed class GuessTurns(int count)
{
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, count).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Checks a guess when it is its turn.</summary>
    /// <param name="secret">Names the secret that is guessed.</param>
    /// <param name="check">Checks the guess, and counts it.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <typeparam name="T">What comes of it.</typeparam>
    public async Task<T> RunAsync<T>(string secret, Func<Task<T>> check, CancellationToken cancellationToken)
    {
        var turn = _turns[unchecked((uint)string.GetHashCode(secret, StringComparison.Ordinal)) % _turns.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return await check();
        }
        finally
        {
            turn.Release();
        }
    }
}
