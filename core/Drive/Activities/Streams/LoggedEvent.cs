using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>An event of a drive as it was written.</summary>
/// <param name="Key">Its place in the order of events.</param>
/// <param name="At">When.</param>
/// <param name="Category">What happened.</param>
/// <param name="ClientId">The sync client that did it; null for others.</param>
/// <param name="FileId">To which file or folder.</param>
/// <param name="From">Where it was in the drive; null when it was not there.</param>
/// <param name="To">Where it was afterwards; null when it was gone.</param>
public sealed record LoggedEvent(
    string Key, DateTimeOffset At, ActivityCategory Category, string? ClientId, long FileId, FilePath? From, FilePath? To);
