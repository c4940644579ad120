using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>
/// Serializes guesses of one secret, so that many at once cannot all be checked before the first is counted. Different
/// secrets never wait for each other.
/// </summary>
internal sealed class GuessTurns
{
    // More are refused: a client that guesses that much at once has no right to an answer. One client has a share of the queue, or it could keep the
    // owner from a turn.
    private const int MaxWaiting = 256;
    private const int MaxWaitingOfClient = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>Checks a guess when it is its turn.</summary>
    /// <param name="secret">Names the secret that is guessed.</param>
    /// <param name="client">The client that guesses.</param>
    /// <param name="check">Checks the guess, and counts it.</param>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <exception cref="CloudreveException">429 when too many guesses of the secret wait, of all clients or of this one.</exception>
    public async Task<T> RunAsync<T>(string secret, ClientAddress client, Func<Task<T>> check, CancellationToken cancellationToken)
    {
        var turn = Enter(secret, client.Area);
        try
        {
            await turn.Free.WaitAsync(cancellationToken);
            try
            {
                return await check();
            }
            finally
            {
                turn.Free.Release();
            }
        }
        finally
        {
            Leave(secret, client.Area, turn);
        }
    }

    private Turn Enter(string secret, string client)
    {
        lock (_lock)
        {
            if (!_turns.TryGetValue(secret, out var turn))
                _turns.Add(secret, turn = new Turn());
            var own = turn.OfClients.GetValueOrDefault(client);
            if (turn.Guesses >= MaxWaiting || own >= MaxWaitingOfClient)
                throw new CloudreveException(ErrorCode.TooManyRequests, "Too many attempts at once. Try again in a moment.");
            turn.Guesses++;
            turn.OfClients[client] = own + 1;
            return turn;
        }
    }

    private void Leave(string secret, string client, Turn turn)
    {
        lock (_lock)
        {
            turn.OfClients[client]--;
            if (--turn.Guesses > 0)
                return;
            _turns.Remove(secret);
            turn.Free.Dispose();
        }
    }

    private sealed class Turn
    {
        public SemaphoreSlim Free { get; } = new(1, 1);

        /// <summary>Number of guesses that are waiting or being checked.</summary>
        public int Guesses { get; set; }

        /// <summary>Number of guesses by client.</summary>
        public Dictionary<string, int> OfClients { get; } = new(StringComparer.Ordinal);
    }
}
