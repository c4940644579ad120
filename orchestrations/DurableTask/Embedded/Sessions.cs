using System.Threading.Channels;
using Cloudreve.DurableTask.Protocol;

namespace Cloudreve.DurableTask.Embedded;

/// <summary>Something that happened to an execution and is not in its history yet. It is told again after a restart.</summary>
/// <param name="ExecutionId">The execution; null for whichever runs.</param>
/// <param name="Event">What happened.</param>
/// <param name="Finished">The sub-orchestration whose end it tells; it is removed once its caller knows.</param>
internal sealed record Mail(string? ExecutionId, HistoryEvent Event, FinishedInstance? Finished = null);

/// <summary>The mail of one instance that has some, or that is being run.</summary>
internal sealed class Session(string instanceId)
{
    public string InstanceId { get; } = instanceId;

    /// <summary>How often its turn failed in a row.</summary>
    public int Failures { get; set; }

    internal List<Mail> Mails { get; } = [];

    internal bool HasMessages { get; set; }

    internal bool IsWoken { get; set; } = true;

    internal bool IsIdle => Mails.Count == 0 && !HasMessages && !IsWoken;
}

/// <summary>
/// Gathers mail by instance and hands each instance to one worker at a time. Instances without mail take no memory here.
/// </summary>
internal sealed class Sessions
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Session> _byId = new(StringComparer.Ordinal);
    private readonly Channel<Session> _ready = Channel.CreateUnbounded<Session>();

    /// <summary>Has an instance looked at.</summary>
    public void Wake(string instanceId) => Change(instanceId, s => s.IsWoken = true);

    /// <summary>Says that there are new messages in an instance's inbox.</summary>
    public void NoteMessages(string instanceId) => Change(instanceId, s => s.HasMessages = true);

    public void Post(string instanceId, Mail mail) => Change(instanceId, s => s.Mails.Add(mail));

    public IAsyncEnumerable<Session> ReadyAsync(CancellationToken cancellationToken) => _ready.Reader.ReadAllAsync(cancellationToken);

    /// <summary>Takes all mail of a session that a worker got.</summary>
    public (List<Mail> Mails, bool HasMessages) Take(Session session)
    {
        lock (_lock)
        {
            var taken = (new List<Mail>(session.Mails), session.HasMessages);
            session.Mails.Clear();
            session.HasMessages = false;
            session.IsWoken = false;
            return taken;
        }
    }

    /// <summary>Gives back mail that could not be processed.</summary>
    public void PutBack(Session session, List<Mail> mails, bool hasMessages)
    {
        lock (_lock)
        {
            session.Mails.InsertRange(0, mails);
            session.HasMessages |= hasMessages;
            session.IsWoken = true;
        }
    }

    /// <summary>Ends a worker's hold of a session; it is handed out again when mail came in meanwhile.</summary>
    public void Release(Session session)
    {
        lock (_lock)
        {
            if (session.IsIdle)
                _byId.Remove(session.InstanceId);
            else
                _ready.Writer.TryWrite(session);
        }
    }

    /// <summary>No more sessions are handed out than are ready now.</summary>
    public void Complete() => _ready.Writer.TryComplete();

    private void Change(string instanceId, Action<Session> change)
    {
        lock (_lock)
        {
            var isNew = !_byId.TryGetValue(instanceId, out var session);
            if (session is null)
                _byId.Add(instanceId, session = new Session(instanceId));
            change(session);
            if (isNew)
                _ready.Writer.TryWrite(session);
        }
    }
}
