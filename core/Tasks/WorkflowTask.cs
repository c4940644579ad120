namespace Cloudreve.Core.Tasks;

/// <summary>States of a task (contract, section 18).</summary>
public enum WorkflowTaskStatus
{
    /// <summary>Accepted, not started.</summary>
    Queued,

    /// <summary>Running.</summary>
    Processing,

    /// <summary>Waiting for a time or an event.</summary>
    Suspending,

    /// <summary>Ended by an error.</summary>
    Error,

    /// <summary>Ended by its owner.</summary>
    Canceled,

    /// <summary>Completed; single items may have failed.</summary>
    Completed,
}

/// <summary>The progress of one part of a task.</summary>
/// <param name="Total">Items or bytes in all, as far as known.</param>
/// <param name="Current">Items or bytes done.</param>
/// <param name="Identifier">Label of a parallel part; empty for none.</param>
public sealed record TaskProgress(long Total, long Current, string Identifier = "");

/// <summary>A workflow task: what its owner sees, and what the workflow needs to continue.</summary>
public sealed record WorkflowTask
{
    /// <summary>The id; the durable instance's id derives from it.</summary>
    public required long Id { get; init; }

    /// <summary>The user who sees the task and in whose drive it works.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The kind, for example <c>import</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The state.</summary>
    public WorkflowTaskStatus Status { get; init; }

    /// <summary>The time it was accepted.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The time it started to run; null before.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The time since which it has been suspended; null while it is not.</summary>
    public DateTimeOffset? SuspendedAt { get; init; }

    /// <summary>The time that it was suspended earlier, in all.</summary>
    public TimeSpan Waited { get; init; }

    /// <summary>The step that runs; empty for workflows with one step.</summary>
    public string Phase { get; init; } = "";

    /// <summary>The request, as JSON of the workflow's own record.</summary>
    public required string Job { get; init; }

    /// <summary>Number of items that failed.</summary>
    public long Failed { get; init; }

    /// <summary>The error that ended the task; null for none.</summary>
    public string? Error { get; init; }

    /// <summary>The first failures of items and earlier tries, for the owner to read.</summary>
    public IReadOnlyList<string> ErrorHistory { get; init; } = [];

    /// <summary>Number of restarts after an error.</summary>
    public int RetryCount { get; init; }

    /// <summary>The time of its next restart; null unless it waits for one.</summary>
    public DateTimeOffset? ResumeTime { get; init; }

    /// <summary>Progress by the names that clients know.</summary>
    public IReadOnlyDictionary<string, TaskProgress> Progress { get; init; } = new Dictionary<string, TaskProgress>();

    /// <summary>What an import that only counts, or that follows its source, has found, by the names that clients know; empty for other tasks.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();

    /// <summary>True if the task's orchestration is gone, so that no part of it may begin any more and it is about to end with an error.</summary>
    public bool IsClosing { get; init; }

    /// <summary>True if its owner has canceled it, so that no part of it may begin any more.</summary>
    public bool IsCanceled { get; init; }

    /// <summary>The progress of a download; null for other tasks, and before anything is known.</summary>
    public DownloadStatus? Download { get; init; }

    /// <summary>The files of a download that its owner does not want.</summary>
    public IReadOnlyList<int> Deselected { get; init; } = [];

    /// <summary>The version that was read; empty for a new task.</summary>
    public string ETag { get; init; } = "";

    /// <summary>True if nothing will change any more.</summary>
    public bool IsTerminal => Status is WorkflowTaskStatus.Error or WorkflowTaskStatus.Canceled or WorkflowTaskStatus.Completed;

    /// <summary>True if parts of it may begin.</summary>
    public bool IsAtWork => !IsTerminal && !IsClosing && !IsCanceled;

    /// <summary>The time it has run until it last changed, without that in which it was suspended.</summary>
    public TimeSpan Duration => DurationAt(UpdatedAt);

    /// <summary>The time it has run until a moment, without that in which it was suspended.</summary>
    /// <param name="now">The moment.</param>
    public TimeSpan DurationAt(DateTimeOffset now)
    {
        var run = StartedAt is { } start ? (SuspendedAt ?? now) - start - Waited : TimeSpan.Zero;
        return run > TimeSpan.Zero ? run : TimeSpan.Zero;
    }

    /// <summary>The task as it is when it is no longer suspended.</summary>
    internal WorkflowTask Awakened(DateTimeOffset now) => SuspendedAt is { } since
        ? this with { SuspendedAt = null, ResumeTime = null, Waited = Waited + (now > since ? now - since : TimeSpan.Zero) }
        : this with { ResumeTime = null };
}

/// <summary>The task that a workflow works for.</summary>
public sealed record TaskReference(long TaskId, long OwnerId);

/// <summary>One page of a user's tasks, newest first.</summary>
/// <param name="NextToken">The token to continue with; null on the last page.</param>
public sealed record TaskPage(IReadOnlyList<WorkflowTask> Tasks, string? NextToken);
