using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Thumbnails;

/// <summary>Makes thumbnails when a client or a queue message requests one (contract, section 15).</summary>
public sealed class ThumbnailService
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private const int MaxPolls = 40;

    private readonly EntriesById _byId;
    private readonly EntityStore _entities;
    private readonly SiteCatalog _catalog;
    private readonly PolicyContainers _containers;
    private readonly BlobEncryption _encryption;
    private readonly ThumbnailStore _store;
    private readonly ThumbnailAttempts _attempts;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;

    /// <summary>Creates the service.</summary>
    /// <param name="layout">The queue, and the rows of blobs.</param>
    /// <param name="byId">Reads files again.</param>
    /// <param name="updates">Links files with their thumbnails.</param>
    /// <param name="recycler">Removes thumbnails that were not completed.</param>
    /// <param name="ids">Gives ids to thumbnails.</param>
    /// <param name="catalog">The policies that hold the blobs.</param>
    /// <param name="encryption">Opens encrypted blobs.</param>
    /// <param name="clock">Determines when to try again.</param>
    /// <param name="logger">Receives why there is no thumbnail.</param>
    public ThumbnailService(
        StorageLayout layout, EntriesById byId, EntryUpdates updates, EntityStore entities, EntityRecycler recycler, IdAllocator ids,
        SiteCatalog catalog, PolicyContainers containers, BlobEncryption encryption, TimeProvider clock, ILogger<ThumbnailService> logger)
    {
        (_byId, _entities, _catalog, _containers, _encryption) = (byId, entities, catalog, containers, encryption);
        (_clock, _logger) = (clock, logger);
        _store = new ThumbnailStore(entities, recycler, updates, ids, catalog, containers, encryption, clock);
        _attempts = new ThumbnailAttempts(layout, clock);
    }

    /// <summary>The extensions, without dot, of files that can have thumbnails, sorted.</summary>
    public static IReadOnlyList<string> Extensions(SiteSettings site) =>
        [.. PictureExtractor.Of(site).SelectMany(e => e.Extensions).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>A file's thumbnail, which is made if there is none. One transaction when there is one.</summary>
    /// <exception cref="CloudreveException">40077: there is none, and none can be made now.</exception>
    public async Task<EntityRecord> GetAsync(SiteSettings site, FileRecord file, CancellationToken cancellationToken = default)
    {
        if (FileThumbnails.IsDisabled(file))
            throw None();
        if (await _store.FindAsync(file, cancellationToken) is { } known)
            return known;
        if (new ThumbnailChoice(site).Find(file) is not { } extractor || await _entities.FindAsync(file.PrimaryEntityId, cancellationToken) is not { } shown)
            throw None();
        for (var poll = 0; poll < MaxPolls; poll++)
        {
            var (decision, before) = await _attempts.BeginAsync(shown.Id, cancellationToken);
            // The caller may leave; the work is completed anyway, for the next one.
            if (decision == AttemptDecision.Begun)
                return await TryMakeAsync(site, file, shown, extractor, before + 1, CancellationToken.None) ?? throw None();
            if (decision == AttemptDecision.Exhausted)
                await FailAsync(file, shown, ThumbnailAttempts.Max, cancellationToken);
            if (decision != AttemptDecision.Busy)
                throw None();
            await Task.Delay(PollInterval, _clock, cancellationToken);
            file = await _byId.ReadAgainAsync(file, cancellationToken);
            if (await _store.FindAsync(file, cancellationToken) is { } made)
                return made;
        }
        throw None();
    }

    private async Task<EntityRecord?> TryMakeAsync(
        SiteSettings site, FileRecord file, EntityRecord shown, PictureExtractor extractor, int attempts, CancellationToken cancellationToken)
    {
        try
        {
            var policy = await _catalog.GetPolicyAsync((int)shown.PolicyId, cancellationToken);
            var key = shown.Encryption is null ? null : await _encryption.OpenAsync(shown.Encryption, cancellationToken);
            var source = new MediaSource(_containers.Get(policy), key, shown, file.Name, _clock);
            var format = ThumbnailFormat.Of(site);
            var thumbnail = await PictureScaler.ScaleAsync(await extractor.ExtractAsync(source, format, cancellationToken), format, cancellationToken);
            var saved = await _store.SaveAsync(file, shown, thumbnail.Content, format.Extension, cancellationToken);
            await _attempts.SucceedAsync(shown.Id, cancellationToken);
            return saved;
        }
        catch (MediaException e)
        {
            _logger.LogInformation(e, "No thumbnail of file {FileId}, attempt {Attempt}.", file.Id, attempts);
            await FailAsync(file, shown, e.IsFinal ? ThumbnailAttempts.Max : attempts, cancellationToken);
            return null;
        }
        catch (StorageNotFoundException e)
        {
            _logger.LogWarning(e, "The content of file {FileId} is missing.", file.Id);
            await FailAsync(file, shown, attempts, cancellationToken);
            return null;
        }
    }

    private async Task FailAsync(FileRecord file, EntityRecord shown, int attempts, CancellationToken cancellationToken)
    {
        await _attempts.FailAsync(shown.Id, attempts, cancellationToken);
        if (attempts >= ThumbnailAttempts.Max)
            await _store.DisableAsync(file, cancellationToken);
    }

    private static CloudreveException None() => new(ErrorCode.BlobNotFound, "The file has no thumbnail.");
}
