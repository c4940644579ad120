namespace Cloudreve.Load;

/// <summary>A run of load.</summary>
/// <param name="Clients">Clients at work at the same time.</param>
/// <param name="Users">Users among whom they are spread.</param>
/// <param name="Time">The time that clients work.</param>
/// <param name="Seed">Repeats what they do and what disturbs them, as far as their threads allow.</param>
public sealed record LoadOptions(int Clients, int Users, TimeSpan Time, int Seed)
{
    /// <summary>True if storage fails now and then.</summary>
    public bool HasOutages { get; init; }

    /// <summary>True if processes are killed.</summary>
    public bool HasKills { get; init; }

    /// <summary>The windows in which storage fails, in place of a plan that the seed draws.</summary>
    public IReadOnlyList<Faults.FaultWindow>? Windows { get; init; }

    /// <summary>The time that a process is left alone before it is killed: the minimum and the maximum.</summary>
    public (TimeSpan Shortest, TimeSpan Longest) KillInterval { get; init; } = (TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(20));

    /// <summary>The average pause of clients between two actions.</summary>
    public TimeSpan Pause { get; init; }

    /// <summary>True if faults are injected.</summary>
    public bool IsDisturbed => HasOutages || HasKills;
}
