using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities;

/// <summary>An event as it was written.</summary>
/// <param name="Key">Its place in the order of events.</param>
/// <param name="Category">The kind of event.</param>
/// <param name="ActorId">The user who did it; 0 for a guest or the site itself.</param>
/// <param name="At">The time.</param>
/// <param name="From">The file's path before; null when it was not there.</param>
/// <param name="To">The file's path afterwards; null when it was gone.</param>
/// <param name="EntityId">The current version then; 0 for none.</param>
public sealed record Activity(
    string Key, ActivityCategory Category, long ActorId, DateTimeOffset At, FilePath? From, FilePath? To, long EntityId);

/// <summary>Selects events by kind.</summary>
public enum ActivityFilter
{
    /// <summary>All.</summary>
    All,

    /// <summary>Those of the caller.</summary>
    Mine,

    /// <summary>Changes.</summary>
    Updates,

    /// <summary>Downloads and views.</summary>
    Reads,
}

/// <summary>A question for events.</summary>
/// <param name="PageSize">Their number.</param>
/// <param name="IsAscending">True if the oldest comes first.</param>
/// <param name="Filter">Selects them.</param>
/// <param name="CallerId">The user for whom an activity counts as own.</param>
/// <param name="Token">The end of the previous page; null for the first.</param>
public sealed record ActivityQuery(int PageSize, bool IsAscending, ActivityFilter Filter, long CallerId, string? Token)
{
    /// <summary>Checks whether an event is requested, and not on an earlier page.</summary>
    /// <param name="activity">The event.</param>
    public bool Accepts(Activity activity) => IsBehindToken(activity) && Filter switch
    {
        ActivityFilter.Mine => activity.ActorId == CallerId,
        ActivityFilter.Updates => activity.Category != ActivityCategory.EntityDownloaded,
        ActivityFilter.Reads => activity.Category == ActivityCategory.EntityDownloaded,
        _ => true,
    };

    private bool IsBehindToken(Activity activity) =>
        Token is null || (IsAscending ? string.CompareOrdinal(activity.Key, Token) > 0 : string.CompareOrdinal(activity.Key, Token) < 0);
}

/// <summary>A page of events.</summary>
/// <param name="Activities">The events.</param>
/// <param name="NextToken">The token to continue with; null on the last page.</param>
public sealed record ActivityPage(IReadOnlyList<Activity> Activities, string? NextToken);
