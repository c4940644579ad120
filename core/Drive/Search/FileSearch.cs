using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Reads;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Drive.Search;

/// <summary>The place and query of a search.</summary>
/// <param name="FolderId">The folder to start from.</param>
/// <param name="Path">Its path, from which the paths of hits derive.</param>
/// <param name="Query">The search criteria.</param>
/// <param name="PageSize">At most how many hits a page holds.</param>
public sealed record SearchRequest(long FolderId, FilePath Path, SearchQuery Query, int PageSize)
{
    /// <summary>True if folders below are searched as well. A trash is flat.</summary>
    public bool IsRecursive { get; init; } = true;

    /// <summary>Maximum number of folders that the whole search may open.</summary>
    public long MaxWalkedFolders { get; init; } = long.MaxValue;

    /// <summary>The token of the page before; null for the first.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// The user who searches; for anonymous callers the owner of the searched files. Bounds the resources of the process that the search takes.
    /// </summary>
    public long AccountId { get; init; }

    /// <summary>The time that a page may wait for its turns among other heavy reads.</summary>
    internal TimeSpan TurnTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Number of transactions that end a page on which something was found.</summary>
    internal int EnoughReads { get; init; } = 1_000;

    /// <summary>Number of transactions that end a page on which nothing was found: far more than the way down to any folder costs.</summary>
    internal int TooManyReads { get; init; } = 10_000;
}

/// <summary>An entry that was looked for.</summary>
public sealed record SearchHit(FileRecord Entry, FilePath Path);

/// <summary>Searches folders and what is below them, level by level.</summary>
/// <param name="reads">Bounds what searches take of the process.</param>
/// <param name="clock">Limits the waiting.</param>
public sealed class FileSearch(StorageLayout layout, HeavyReads reads, TimeProvider clock)
{
    /// <summary>
    /// Prepares one page of a search; nothing is read yet. A page costs one transaction for each 1,000 entries of neighbouring folders, one
    /// for each folder that has no neighbours, and for the levels above where it begins within one; it ends early, with a token, after some 1,000 when something was found and some
    /// 10,000 otherwise, since clients take an empty page for an empty result.
    /// </summary>
    /// <param name="request">The place and the query.</param>
    /// <exception cref="CloudreveException">40001 for an invalid token.</exception>
    public SearchPage Open(SearchRequest request) => new(layout, reads, clock, request);
}
