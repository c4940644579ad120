using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>Settings of event streams; keys and defaults are those of the contract, section 24.</summary>
public static class EventStreamSetting
{
    /// <summary>True if folders push their events.</summary>
    public static readonly Setting<bool> IsEnabled = Setting.Flag("fs_event_push_enabled", defaultValue: true);

    /// <summary>The time that an event is held back for further events of the same file.</summary>
    public static readonly Setting<TimeSpan> Debounce = Setting.Seconds("fs_event_push_debounce", 5);

    /// <summary>The time that events are kept for clients that are offline.</summary>
    public static readonly Setting<TimeSpan> MaxAge = Setting.Seconds("fs_event_push_max_age", 1_209_600);

    /// <summary>The time that the activities of a file are kept.</summary>
    public static readonly Setting<TimeSpan> ActivityAge = Setting.Seconds("file_activity_max_age", 15_552_000);

    /// <summary>Maximum number of streams that a user may have open in a process.</summary>
    public static readonly Setting<long> MostPerUser = Setting.Number("fs_event_push_max_streams", 32, min: 1);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } = [IsEnabled, Debounce, MaxAge, ActivityAge, MostPerUser];
}
