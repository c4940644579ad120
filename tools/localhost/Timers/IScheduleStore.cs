namespace Cloudreve.LocalHost.Timers;

/// <summary>Keeps the state of each timer across restarts of the host.</summary>
internal interface IScheduleStore
{
    /// <summary>Reads where a timer stands.</summary>
    /// <returns>Null for one that never ran here.</returns>
    Task<ScheduleStatus?> ReadAsync(string function, CancellationToken cancellationToken);

    /// <summary>Records the state of a timer.</summary>
    Task WriteAsync(string function, ScheduleStatus status, CancellationToken cancellationToken);
}
