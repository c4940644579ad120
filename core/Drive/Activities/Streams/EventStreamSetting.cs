using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>Settings of event streams; keys and defaults are those of the contract, section 24.</summary>
public static class EventStreamSetting
{
    /// <summary>True if folders push their events.</summary>
    public static readonly Setting<bool> IsEnabled = Setting.Flag("fs_event_push_enabled", defaultValue: true);

    /// <summary>How long an event is held back for others of the same file.</summary>
    public static readonly Setting<TimeSpan> Debounce = Setting.Seconds("fs_event_push_debounce", 5);

    /// <summary>How long events are kept for clients that are away.</summary>
    public static readonly Setting<TimeSpan> MaxAge = Setting.Seconds("fs_event_push_max_age", 1_209_600);

    /// <summary>How long the activities of a file are kept.</summary>
    public static readonly Setting<TimeSpan> ActivityAge = Setting.Seconds("file_activity_max_age", 15_552_000);

    /// <summary>How many streams a user may have open in a process.</summary>
    public static readonly Setting<long> MostPerUser = Setting.Number("fs_event_push_max_streams", 32, min: 1);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [IsEnabled, Debounce, MaxAge, ActivityAge, MostPerUser];
}
