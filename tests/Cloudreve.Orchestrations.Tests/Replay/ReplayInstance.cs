using Microsoft.DurableTask.Protobuf;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>An instance: its history, and what it has not seen yet.</summary>
internal sealed class ReplayInstance(string id, HistoryEvent started)
{
    public string Id { get; } = id;

    public string Name => Started.ExecutionStarted.Name;

    public HistoryEvent Started { get; set; } = started;

    /// <summary>The history of the present generation.</summary>
    public List<HistoryEvent> History { get; } = [];

    public List<HistoryEvent> Inbox { get; } = [started];

    public OrchestrationStatus Status { get; set; } = OrchestrationStatus.Pending;

    public bool HasEnded => Status is not (OrchestrationStatus.Pending or OrchestrationStatus.Running);

    public string? CustomStatus { get; set; }

    public string? Output { get; set; }

    public TaskFailureDetails? Failure { get; set; }

    /// <summary>Number of times it continued as new.</summary>
    public int Generations { get; set; }
}
