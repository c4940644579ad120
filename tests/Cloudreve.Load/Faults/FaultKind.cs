namespace Cloudreve.Load.Faults;

/// <summary>The effects of storage faults on requests.</summary>
public enum FaultKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Connections are refused, and those that are open break.</summary>
    Outage,

    /// <summary>The connection breaks before the request has arrived.</summary>
    Reset,

    /// <summary>The request takes effect, but its answer is lost.</summary>
    LostAnswer,

    /// <summary>Status 503, with the advice to come back in a second.</summary>
    Unavailable,

    /// <summary>Seconds pass before the request arrives.</summary>
    Delay,

    /// <summary>The connection stays open, and nothing happens.</summary>
    BlackHole,

    /// <summary>Request and answer trickle.</summary>
    Trickle,
}
