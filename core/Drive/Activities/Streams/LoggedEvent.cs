using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Activities.Streams;

/// <summary>An event of a drive as it was written.</summary>
/// <param name="Key">Its place in the order of events.</param>
/// <param name="At">The time.</param>
/// <param name="Category">The kind of event.</param>
/// <param name="ClientId">The sync client that did it; null for others.</param>
/// <param name="FileId">To which file or folder.</param>
/// <param name="From">The path before; null when it was not there.</param>
/// <param name="To">The path afterwards; null when it was gone.</param>
internal sealed record LoggedEvent(
    string Key, DateTimeOffset At, ActivityCategory Category, string? ClientId, long FileId, FilePath? From, FilePath? To);
