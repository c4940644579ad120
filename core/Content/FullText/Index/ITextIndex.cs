namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>The words of texts, by owner. An index may find texts that are gone, for the tables decide what is a hit, and must forget them in time.</summary>
internal interface ITextIndex
{
    /// <summary>Adds texts.</summary>
    /// <param name="ownerId">The user.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="maxSize">The largest size of the user's index, where an index has one.</param>
    /// <returns>False when they do not fit.</returns>
    Task<bool> AddAsync(long ownerId, IReadOnlyList<IndexedText> texts, long maxSize, CancellationToken cancellationToken);

    /// <summary>Searches.</summary>
    /// <param name="ownerId">The user.</param>
    /// <param name="query">The query.</param>
    /// <param name="most">Maximum number of hits.</param>
    /// <returns>The blobs whose texts match, the best first. They may be gone.</returns>
    Task<IReadOnlyList<long>> FindAsync(long ownerId, TextQuery query, int most, CancellationToken cancellationToken);

    /// <summary>Forgets the text of a blob that is gone, now or later.</summary>
    /// <param name="entityId">The blob.</param>
    Task RemoveAsync(long entityId, CancellationToken cancellationToken);

    /// <summary>Forgets a user.</summary>
    /// <param name="ownerId">The user.</param>
    Task ClearAsync(long ownerId, CancellationToken cancellationToken);

    /// <summary>Forgets the texts of all users from before a time, except those in blobs of the site, which a rebuild lists and removes itself.</summary>
    /// <param name="time">The time.</param>
    Task ClearBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken);
}
