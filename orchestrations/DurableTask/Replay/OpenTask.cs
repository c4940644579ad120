using System.Text.Json;
using Cloudreve.DurableTask.Serialization;

namespace Cloudreve.DurableTask.Replay;

/// <summary>Something an orchestrator may await: it completes when the history says so.</summary>
internal abstract class OpenTask
{
    /// <summary>Whether the orchestrator gave up waiting.</summary>
    public abstract bool IsCancelled { get; }

    public abstract void Complete(string? json);

    public abstract void Fail(TaskFailureDetails details);
}

/// <inheritdoc cref="OpenTask"/>
internal sealed class OpenTask<T> : OpenTask
{
    private readonly TaskCompletionSource<T> _completion = new();
    private readonly string _name;
    private readonly int _id;
    private readonly JsonPayload _payload;

    public OpenTask(string name, int id, JsonPayload payload, CancellationToken cancellationToken = default)
    {
        _name = name;
        _id = id;
        _payload = payload;
        if (cancellationToken.CanBeCanceled)
            cancellationToken.Register(() => _completion.TrySetCanceled(cancellationToken));
    }

    public Task<T> Task => _completion.Task;

    public override bool IsCancelled => _completion.Task.IsCanceled;

    public override void Complete(string? json)
    {
        T value;
        try
        {
            value = _payload.Deserialize<T>(json)!;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            _completion.TrySetException(e);
            return;
        }
        _completion.TrySetResult(value);
    }

    public override void Fail(TaskFailureDetails details) => _completion.TrySetException(new TaskFailedException(_name, _id, details));
}
