namespace Cloudreve.Core.Infrastructure.Parsing;

/// <summary>
/// Bounds the steps that reading one piece of user content may take: a small file must not keep a processor busy. Checks for
/// cancellation now and then, since parsers never wait.
/// </summary>
/// <param name="steps">The most steps. A step takes about the same time whatever the content.</param>
/// <param name="exceeded">Makes the refusal.</param>
/// <param name="cancellationToken">Stops the parser.</param>
internal sealed class WorkBudget(long steps, Func<Exception> exceeded, CancellationToken cancellationToken)
{
    private const long StepsBetweenChecks = 1_000;

    private long _nextCheck;

    /// <summary>Steps so far.</summary>
    public long Spent { get; private set; }

    /// <summary>Counts steps that are about to be taken.</summary>
    /// <param name="count">Their number.</param>
    public void Spend(long count = 1)
    {
        // In this order the sum cannot overflow.
        if (count < 0 || count > steps - Spent)
            throw exceeded();
        Spent += count;
        if (Spent < _nextCheck)
            return;
        _nextCheck = Spent + StepsBetweenChecks;
        cancellationToken.ThrowIfCancellationRequested();
    }
}
