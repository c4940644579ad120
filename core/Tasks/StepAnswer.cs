namespace Cloudreve.Core.Tasks;

/// <summary>The result of a step of a workflow that waits for others between its steps.</summary>
/// <param name="IsDone">True if nothing is left to do.</param>
/// <param name="WaitSeconds">The time until the next step.</param>
public sealed record StepAnswer(bool IsDone, int WaitSeconds = 0)
{
    /// <summary>Nothing is left to do.</summary>
    public static StepAnswer Done { get; } = new(true);

    /// <summary>The next step can begin at once.</summary>
    public static StepAnswer Again { get; } = new(false);
}
