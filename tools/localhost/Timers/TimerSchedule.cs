using Cronos;

namespace Cloudreve.LocalHost.Timers;

/// <summary>A schedule in NCRONTAB form, in UTC: six fields with seconds, or five without.</summary>
internal sealed class TimerSchedule
{
    private readonly CronExpression _expression;

    private TimerSchedule(CronExpression expression) => _expression = expression;

    /// <summary>Reads a schedule.</summary>
    /// <exception cref="LocalHostException">It has another form.</exception>
    public static TimerSchedule Parse(string function, string text)
    {
        var hasSeconds = text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6;
        try
        {
            return new TimerSchedule(CronExpression.Parse(text, hasSeconds ? CronFormat.IncludeSeconds : CronFormat.Standard));
        }
        catch (CronFormatException e)
        {
            throw new LocalHostException($"Function {function}: '{text}' is no schedule. {e.Message}");
        }
    }

    /// <summary>Tests for ticks less than a minute apart.</summary>
    public bool IsFrequent(DateTimeOffset now) => Next(Next(now)) - Next(now) < TimeSpan.FromMinutes(1);

    /// <summary>Finds the first tick after a moment.</summary>
    public DateTimeOffset Next(DateTimeOffset after) => _expression.GetNextOccurrence(after, TimeZoneInfo.Utc) ?? DateTimeOffset.MaxValue;
}
