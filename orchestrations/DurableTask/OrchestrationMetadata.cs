using System.Text.Json;
using Cloudreve.DurableTask.Serialization;

namespace Cloudreve.DurableTask;

/// <summary>Where an instance stands.</summary>
public enum OrchestrationRuntimeStatus
{
    /// <summary>It runs or waits.</summary>
    Running = 0,

    /// <summary>It has returned a result.</summary>
    Completed = 1,

    /// <summary>It is being started again with a new input (seen in histories only).</summary>
    ContinuedAsNew = 2,

    /// <summary>It ended with an exception.</summary>
    Failed = 3,

    /// <summary>It was cancelled (not used by current task hubs).</summary>
    Canceled = 4,

    /// <summary>A client ended it.</summary>
    Terminated = 5,

    /// <summary>It was accepted and has not run yet.</summary>
    Pending = 6,

    /// <summary>A client paused it.</summary>
    Suspended = 7,
}

/// <summary>What a task hub knows about an instance.</summary>
public sealed class OrchestrationMetadata
{
    private readonly JsonPayload _payload;

    internal OrchestrationMetadata(string name, string instanceId, JsonPayload payload)
    {
        Name = name;
        InstanceId = instanceId;
        _payload = payload;
    }

    /// <summary>The orchestrator's name.</summary>
    public string Name { get; }

    /// <summary>The instance's id.</summary>
    public string InstanceId { get; }

    /// <summary>Where it stands.</summary>
    public OrchestrationRuntimeStatus RuntimeStatus { get; init; }

    /// <summary>When it was accepted.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When something last happened to it.</summary>
    public DateTimeOffset LastUpdatedAt { get; init; }

    /// <summary>Why it failed; null unless it did.</summary>
    public TaskFailureDetails? FailureDetails { get; init; }

    /// <summary>The input as JSON; null for none or when inputs and outputs were not asked for.</summary>
    public string? SerializedInput { get; init; }

    /// <summary>The result as JSON; null before the end or when inputs and outputs were not asked for.</summary>
    public string? SerializedOutput { get; init; }

    /// <summary>The custom status as JSON; null for none.</summary>
    public string? SerializedCustomStatus { get; init; }

    /// <summary>Whether nothing more will happen.</summary>
    public bool IsCompleted => RuntimeStatus is OrchestrationRuntimeStatus.Completed or OrchestrationRuntimeStatus.Failed
        or OrchestrationRuntimeStatus.Terminated or OrchestrationRuntimeStatus.Canceled;

    /// <summary>Whether it runs.</summary>
    public bool IsRunning => RuntimeStatus == OrchestrationRuntimeStatus.Running;

    /// <summary>The input.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="JsonException">It is of another type.</exception>
    public T? ReadInputAs<T>() => _payload.Deserialize<T>(SerializedInput);

    /// <summary>The result.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="JsonException">It is of another type.</exception>
    public T? ReadOutputAs<T>() => _payload.Deserialize<T>(SerializedOutput);

    /// <summary>The custom status.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="JsonException">It is of another type.</exception>
    public T? ReadCustomStatusAs<T>() => _payload.Deserialize<T>(SerializedCustomStatus);
}
