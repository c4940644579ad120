namespace Cloudreve.Functions.Hosting.Invocation;

/// <summary>The value of a timer trigger.</summary>
/// <param name="Schedule">How the host computes the schedule.</param>
/// <param name="ScheduleStatus">When the timer fired and fires next; null when the host does not monitor it.</param>
/// <param name="IsPastDue">Whether it fires later than scheduled.</param>
internal sealed record TimerState(TimerSchedule Schedule, TimerScheduleStatus? ScheduleStatus, bool IsPastDue);

/// <summary>How the host computes a schedule.</summary>
/// <param name="AdjustForDST">Whether it follows daylight saving time.</param>
internal sealed record TimerSchedule(bool AdjustForDST);

/// <summary>When a timer fired and fires next.</summary>
/// <param name="Last">The last time it fired.</param>
/// <param name="Next">The next time it fires.</param>
/// <param name="LastUpdated">When this was recorded.</param>
internal sealed record TimerScheduleStatus(DateTimeOffset Last, DateTimeOffset Next, DateTimeOffset LastUpdated);
