using System.Text.Json;

namespace Cloudreve.LocalHost.Timers;

/// <summary>The JSON that a timer function receives.</summary>
internal static class TimerTriggerData
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.General);

    /// <summary>Describes a tick.</summary>
    /// <param name="status">The last and the next tick; null where it is not kept.</param>
    /// <param name="isPastDue">True if the tick comes late, after the host was down.</param>
    public static string Serialize(ScheduleStatus? status, bool isPastDue) =>
        JsonSerializer.Serialize(new { Schedule = new { AdjustForDST = true }, ScheduleStatus = status, IsPastDue = isPastDue }, s_json);
}
