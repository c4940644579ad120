namespace Cloudreve.DurableTask;

/// <summary>How a call of an activity or sub-orchestration is made.</summary>
/// <param name="Retry">When a failed call is made again; null for never.</param>
public record TaskOptions(RetryPolicy? Retry = null)
{
    /// <summary>Options that only retry.</summary>
    /// <param name="policy">When a failed call is made again.</param>
    public static TaskOptions FromRetryPolicy(RetryPolicy policy) => new(policy);

    /// <summary>Options that also fix the id of the sub-orchestration.</summary>
    /// <param name="instanceId">The id.</param>
    public SubOrchestrationOptions WithInstanceId(string instanceId) => new(Retry, instanceId);
}

/// <summary>How a sub-orchestration is called.</summary>
/// <param name="Retry">When a failed call is made again; null for never.</param>
/// <param name="InstanceId">The id of the new instance; null for one that is derived from the caller.</param>
public sealed record SubOrchestrationOptions(RetryPolicy? Retry = null, string? InstanceId = null) : TaskOptions(Retry)
{
    /// <summary>The orchestrator's version. It is not inherited from the caller.</summary>
    public TaskVersion Version { get; init; }
}

/// <summary>How an instance continues as new.</summary>
public sealed record ContinueAsNewOptions
{
    /// <summary>The version to go on with; null for the same as before.</summary>
    public TaskVersion? NewVersion { get; init; }

    /// <summary>Whether events that nobody awaited yet are carried over.</summary>
    public bool PreserveUnprocessedEvents { get; init; } = true;
}

/// <summary>
/// When a failed call is made again. The pause is <see cref="FirstRetryInterval"/> times
/// <see cref="BackoffCoefficient"/> to the power of the retries before, capped by <see cref="MaxRetryInterval"/>.
/// </summary>
public sealed record RetryPolicy
{
    /// <summary>Creates a policy.</summary>
    /// <param name="maxNumberOfAttempts">Calls in all, the first included; at least 1.</param>
    /// <param name="firstRetryInterval">The pause before the second call; more than zero.</param>
    /// <param name="backoffCoefficient">By what the pause grows; at least 1.</param>
    /// <param name="maxRetryInterval">The longest pause; one hour when null.</param>
    /// <param name="retryTimeout">How long after the first call a further one may begin; unlimited when null.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    public RetryPolicy(
        int maxNumberOfAttempts,
        TimeSpan firstRetryInterval,
        double backoffCoefficient = 1.0,
        TimeSpan? maxRetryInterval = null,
        TimeSpan? retryTimeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNumberOfAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(firstRetryInterval, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(backoffCoefficient, 1.0);
        MaxNumberOfAttempts = maxNumberOfAttempts;
        FirstRetryInterval = firstRetryInterval;
        BackoffCoefficient = backoffCoefficient;
        MaxRetryInterval = maxRetryInterval ?? TimeSpan.FromHours(1);
        RetryTimeout = retryTimeout ?? Timeout.InfiniteTimeSpan;
    }

    /// <summary>Calls in all, the first included.</summary>
    public int MaxNumberOfAttempts { get; }

    /// <summary>The pause before the second call.</summary>
    public TimeSpan FirstRetryInterval { get; }

    /// <summary>By what the pause grows with each retry.</summary>
    public double BackoffCoefficient { get; }

    /// <summary>The longest pause.</summary>
    public TimeSpan MaxRetryInterval { get; }

    /// <summary>How long after the first call a further one may begin; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</summary>
    public TimeSpan RetryTimeout { get; }

    /// <summary>Says whether a failure is worth a retry; null for all. Must be deterministic.</summary>
    public Func<TaskFailureDetails, bool>? HandleFailure { get; init; }

    internal TimeSpan? DelayAfter(int attempt, TimeSpan elapsed, TaskFailureDetails failure)
    {
        if (attempt >= MaxNumberOfAttempts || failure.IsNonRetriable || HandleFailure?.Invoke(failure) == false)
            return null;
        var ticks = Math.Min(FirstRetryInterval.Ticks * Math.Pow(BackoffCoefficient, attempt - 1), MaxRetryInterval.Ticks);
        var delay = TimeSpan.FromTicks((long)ticks);
        return RetryTimeout != Timeout.InfiniteTimeSpan && elapsed + delay > RetryTimeout ? null : delay;
    }
}
