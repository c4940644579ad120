using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.FullText.Extraction;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Properties;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.FullText;

/// <summary>Brings the text of files into their owners' indexes (contract, section 19.6). Everything may be repeated.</summary>
public sealed class FullTextIndexing
{
    private static readonly HashSet<long> s_allPolicies = [];

    // Texts of a rebuild that are held in memory at once.
    private const int CharactersInPack = 8_000_000;

    private readonly EntryUpdates _updates;
    private readonly EntityStore _entities;
    private readonly SiteCatalog _catalog;
    private readonly PolicyContainers _containers;
    private readonly IndexBlobs _blobs;
    private readonly ITextIndex _index;
    private readonly FullTextRemoval _removal;
    private readonly TextExtraction _extraction;
    private readonly MediaRequests _requests;
    private readonly ILogger<FullTextIndexing> _logger;

    internal FullTextIndexing(
        EntryUpdates updates, EntityStore entities, SiteCatalog catalog, PolicyContainers containers, IndexBlobs blobs, ITextIndex index,
        FullTextRemoval removal, TextExtraction extraction, MediaRequests requests, ILogger<FullTextIndexing> logger)
    {
        _updates = updates;
        _entities = entities;
        _catalog = catalog;
        _containers = containers;
        _blobs = blobs;
        _index = index;
        _removal = removal;
        _extraction = extraction;
        _requests = requests;
        _logger = logger;
    }

    /// <summary>Checks whether the site has full-text search.</summary>
    public static bool IsEnabled(SiteSettings site) => site.Get(FullTextSetting.Enabled);

    /// <summary>Checks whether a file's content is of a kind that is indexed, by its name, its size and the settings.</summary>
    public static bool IsPossible(SiteSettings site, FileRecord file) => DocumentFormats.Find(site, file) is not null && !IsIndexed(site, file);

    /// <summary>
    /// Indexes a file and marks it, unless it has its mark: nine transactions, more when the index is merged. A file whose content
    /// changes meanwhile gets no mark; its new content has a message of its own. Encrypted content is not indexed. A file for which the process
    /// has no room now is queued again.
    /// </summary>
    public async Task IndexAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default)
    {
        if (!IsPossible(site, file))
            return;
        IndexedText? text;
        try
        {
            (text, _) = await ReadAsync(site, file, s_allPolicies, cancellationToken);
        }
        catch (TimeoutException e)
        {
            // The retries of a message would all come too soon, and then nobody would read it again.
            _logger.LogWarning(e, "The text of file {FileId} is read later.", file.Id);
            await _requests.SendTextLaterAsync(file, cancellationToken);
            return;
        }
        if (text is not null)
            await AddAsync(site, file.OwnerId, [(file, text)], cancellationToken);
    }

    /// <summary>Indexes files of any owners anew, and removes marks of those that are no longer indexed: some ten transactions for each that is.</summary>
    /// <param name="policies">The storage policies whose content is indexed; none for all.</param>
    /// <param name="failures">What failed before.</param>
    /// <returns>With the files whose text could not be read.</returns>
    internal async Task<ItemFailures> RebuildAsync(
        SiteSettings site, IReadOnlyList<FileRecord> files, IReadOnlySet<long> policies, ItemFailures failures, CancellationToken cancellationToken)
    {
        foreach (var owned in files.GroupBy(file => file.OwnerId))
        {
            var texts = new List<(FileRecord File, IndexedText Text)>();
            foreach (var file in owned)
            {
                var (text, failure) = await ReadAsync(site, file, policies, cancellationToken);
                if (text is not null)
                    texts.Add((file, text));
                else if (file.Metadata.ContainsKey(MetadataKeys.FullTextIndex))
                    await MarkAsync(file, file.PrimaryEntityId, null, cancellationToken);
                if (failure is not null)
                    failures = failures.Add(file.Name, failure);
                if (texts.Sum(read => read.Text.Text.Length) < CharactersInPack)
                    continue;
                await AddAsync(site, owned.Key, texts, cancellationToken);
                texts = [];
            }
            if (texts.Count > 0)
                await AddAsync(site, owned.Key, texts, cancellationToken);
        }
        return failures;
    }

    /// <summary>Checks whether the index has the file's current content.</summary>
    private static bool IsIndexed(SiteSettings site, FileRecord file) =>
        file.Metadata.TryGetValue(MetadataKeys.FullTextIndex, out var mark) && mark == MarkOf(site, file.PrimaryEntityId);

    private static string MarkOf(SiteSettings site, long entityId) => site.HashIds.Encode(entityId, HashIdKind.Entity);

    /// <summary>
    /// Reads the text of a file's content and keeps it: three transactions, one more for the first text of the blob; null for none, with the
    /// reason where it should have some.
    /// </summary>
    private async Task<(IndexedText? Text, string? Failure)> ReadAsync(
        SiteSettings site, FileRecord file, IReadOnlySet<long> policies, CancellationToken cancellationToken)
    {
        if (DocumentFormats.Find(site, file) is not { } format
            || await _entities.FindAsync(file.PrimaryEntityId, cancellationToken) is not { Encryption: null } entity
            || (policies.Count > 0 && !policies.Contains(entity.PolicyId)))
            return (null, null);
        string text;
        try
        {
            var container = _containers.Get(await _catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken));
            text = await _extraction.RunAsync(
                async token =>
                {
                    var blob = await container.OpenReadAsync(entity.Source, 0, Math.Min(format.MaxBytes, entity.Size), cancellationToken: token);
                    await using var content = blob.Content;
                    var bytes = new byte[blob.Length];
                    await content.ReadExactlyAsync(bytes, token);
                    return bytes;
                },
                format.ReadAsync, cancellationToken);
        }
        catch (UnreadableDocumentException e)
        {
            _logger.LogInformation(e, "No text of file {FileId}.", file.Id);
            return (null, e.Message);
        }
        catch (StorageNotFoundException e)
        {
            _logger.LogWarning(e, "The content of file {FileId} is missing.", file.Id);
            return (null, "The file's content is missing.");
        }
        catch (Exception e) when (e is CloudreveException or (StorageException and not StorageUnavailableException))
        {
            // A retry gets the same answer: the blob is archived, or its policy is gone, refused by its account or of another kind.
            _logger.LogWarning(e, "The content of file {FileId} cannot be read.", file.Id);
            return (null, "The file's content cannot be read.");
        }
        if (text.Length == 0)
            return (null, null);
        // The recycler removes the texts of blobs that are noted to have one: a note before the text outlives a process that dies in between.
        if (!entity.HasText && !await _entities.NoteTextAsync(entity.Id, cancellationToken))
            return (null, null);
        var indexed = new IndexedText(entity.Id, text);
        await _blobs.WriteTextAsync(indexed, cancellationToken);
        return (indexed, null);
    }

    /// <summary>Adds texts to the index of their owner, and marks blobs and files: three transactions, and three for each file.</summary>
    private async Task AddAsync(SiteSettings site, long ownerId, IReadOnlyList<(FileRecord File, IndexedText Text)> texts, CancellationToken cancellationToken)
    {
        if (!await _index.AddAsync(ownerId, [.. texts.Select(text => text.Text)], site.Get(FullTextSetting.MaxIndexSize), cancellationToken))
        {
            _logger.LogWarning("The index of user {UserId} is as large as the site allows.", ownerId);
            foreach (var (file, text) in texts)
            {
                await _removal.RemoveTextAsync(text.EntityId, cancellationToken);
                if (file.Metadata.ContainsKey(MetadataKeys.FullTextIndex))
                    await MarkAsync(file, text.EntityId, null, cancellationToken);
            }
            return;
        }
        foreach (var (file, text) in texts)
        {
            // Without the blob the recycler may have been here before the text was written.
            if (await _entities.NoteTextAsync(text.EntityId, cancellationToken))
                await MarkAsync(file, text.EntityId, MarkOf(site, text.EntityId), cancellationToken);
            else
                await _removal.RemoveTextAsync(text.EntityId, cancellationToken);
        }
    }

    private async Task MarkAsync(FileRecord file, long entityId, string? mark, CancellationToken cancellationToken)
    {
        try
        {
            await _updates.UpdateAsync(
                file,
                current =>
                {
                    if (current.PrimaryEntityId != entityId || current.Metadata.GetValueOrDefault(MetadataKeys.FullTextIndex) == mark)
                        return current;
                    var metadata = current.Metadata.ToDictionary();
                    metadata.Remove(MetadataKeys.FullTextIndex);
                    if (mark is not null)
                        metadata.Add(MetadataKeys.FullTextIndex, mark);
                    return MetadataRules.Fits(metadata) ? current with { Metadata = metadata } : current;
                },
                cancellationToken);
        }
        catch (CloudreveException e)
        {
            _logger.LogInformation(e, "The file {FileId} cannot be changed.", file.Id);
        }
    }
}
