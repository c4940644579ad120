namespace Cloudreve.Testing.Proxies;

/// <summary>The effect of a <see cref="StorageProxy"/> on a request.</summary>
public enum NetworkFault
{
    /// <summary>No answer, and the connection stays open: a black hole. Takes no effect.</summary>
    Silence,

    /// <summary>Passed on only once the outage ends.</summary>
    Hold,

    /// <summary>The connection breaks. Takes no effect.</summary>
    Reset,

    /// <summary>The answer is 503. Takes no effect.</summary>
    Unavailable,

    /// <summary>Takes effect, but the connection breaks before the response.</summary>
    AnswerLost,

    /// <summary>Takes effect, but the response body stalls in the middle until the outage ends, which breaks the connection.</summary>
    StalledBody,
}
