using System.Globalization;
using Cloudreve.AzureStorage.Search;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>The indexes of users in Azure AI Search: one index of the service for the site, in which each text has its owner.</summary>
/// <param name="index">The index.</param>
/// <param name="clock">Says when a text was added.</param>
internal sealed class ServiceTextIndex(SearchTextIndex index, TimeProvider clock) : ITextIndex
{
    // A request takes 16 MB, and a character four bytes at most.
    private const int CharactersInRequest = 3_000_000;

    /// <inheritdoc/>
    public async Task<bool> AddAsync(long ownerId, IReadOnlyList<IndexedText> texts, long maxSize, CancellationToken cancellationToken)
    {
        var (batch, characters) = (new List<SearchText>(), 0);
        foreach (var text in texts)
        {
            if (batch.Count == SearchTextIndex.MaxResults || (batch.Count > 0 && characters + text.Text.Length > CharactersInRequest))
            {
                await index.AddAsync(batch, cancellationToken);
                (batch, characters) = ([], 0);
            }
            batch.Add(new SearchText(KeyOf(text.EntityId), ownerId, clock.GetUtcNow(), text.Text));
            characters += text.Text.Length;
        }
        if (batch.Count > 0)
            await index.AddAsync(batch, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<long>> FindAsync(long ownerId, TextQuery query, int most, CancellationToken cancellationToken) =>
        [.. (await index.FindAsync(ownerId, query.Expression, Math.Min(most, SearchTextIndex.MaxResults), cancellationToken)).Select(EntityOf)];

    /// <inheritdoc/>
    public Task RemoveAsync(long entityId, CancellationToken cancellationToken) => index.RemoveTextAsync(KeyOf(entityId), cancellationToken);

    /// <inheritdoc/>
    public Task ClearAsync(long ownerId, CancellationToken cancellationToken) => index.RemoveOwnerAsync(ownerId, cancellationToken);

    /// <inheritdoc/>
    public Task ClearBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken) => index.RemoveBeforeAsync(time, cancellationToken);

    private static string KeyOf(long entityId) => entityId.ToString("x", CultureInfo.InvariantCulture);

    private static long EntityOf(string key) => long.Parse(key, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
