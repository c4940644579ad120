namespace Cloudreve.LocalHost.Timers;

/// <summary>The state of a timer, as it is stored and as functions see it.</summary>
/// <param name="Last">The tick that ran last.</param>
/// <param name="Next">The tick to come.</param>
/// <param name="LastUpdated">The time this was stored.</param>
internal sealed record ScheduleStatus(DateTimeOffset Last, DateTimeOffset Next, DateTimeOffset LastUpdated);
