using System.Collections.Concurrent;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Walks;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Relocations;

/// <summary>The result of a round.</summary>
/// <param name="Moved">Blobs that are where they shall be.</param>
/// <param name="Failures">Files that could not be moved, with those of earlier rounds.</param>
internal readonly record struct RoundResult(long Moved, ItemFailures Failures);

/// <summary>Moves the blobs of some files, several side by side.</summary>
/// <param name="policy">The target policy.</param>
/// <param name="recycler">Removes blobs that nobody uses in the end.</param>
/// <param name="move">Moves a blob.</param>
/// <param name="clock">Dates targets.</param>
internal sealed class RelocationRound(StoragePolicy policy, EntityStore entities, EntityRecycler recycler, BlobMove move, TimeProvider clock)
{
    private const int Workers = 8;

    private readonly FileRules _rules = FileRules.Of(policy);
    private readonly Dictionary<long, BlobTarget> _targets = [];
    private readonly Dictionary<WalkItem, string> _refused = [];
    private IReadOnlyDictionary<long, EntityRecord> _found = new Dictionary<long, EntityRecord>();
    private RelocationPage? _page;

    /// <summary>
    /// Decides where the blobs go, and notes that one of each pair is to be removed: whichever its entity does not have in a day. One transaction
    /// for each block of entity ids, and one for each 50 blobs of a block.
    /// </summary>
    /// <param name="page">The files.</param>
    /// <param name="begun">Copies that an earlier run began.</param>
    /// <returns>The targets of the large ones: to be kept, so that a copy in the background is found again.</returns>
    public async Task<IReadOnlyList<BlobTarget>> PlanAsync(RelocationPage page, IReadOnlyList<BlobTarget> begun, CancellationToken cancellationToken)
    {
        _page = page;
        foreach (var file in page.Files)
        {
            if (ReasonOf(file.Entry!) is { } reason)
                _refused[file] = reason;
        }
        var owners = Accepted.SelectMany(file => file.Entry!.EntityIds.Select(id => (id, file))).DistinctBy(pair => pair.id).ToDictionary(pair => pair.id, pair => pair.file);
        _found = await entities.FindAsync(owners.Keys, cancellationToken);
        var now = clock.GetUtcNow();
        foreach (var target in begun.Where(target => target.IsUsable(now)))
            _targets[target.EntityId] = target;
        var notes = new List<EntityRecord>();
        foreach (var entity in _found.Values.Where(entity => entity.PolicyId != policy.Id && !_targets.ContainsKey(entity.Id)))
        {
            var target = new BlobTarget(entity.Id, NameOf(entity, owners[entity.Id], now), now);
            _targets.Add(entity.Id, target);
            notes.Add(entity with { PolicyId = policy.Id, Source = target.Name });
            // The blob of an import belongs to somebody else.
            if (!entity.IsImported)
                notes.Add(entity);
        }
        await recycler.ScheduleBlobsAsync(notes, cancellationToken);
        return [.. _found.Values.Where(IsLarge).Where(entity => _targets.ContainsKey(entity.Id)).Select(entity => _targets[entity.Id])];
    }

    /// <summary>Moves the blobs: five transactions for each.</summary>
    /// <param name="failures">The earlier failures.</param>
    /// <param name="timeout">The time to wait for copies in the background.</param>
    /// <returns>The outcome; null while the storage service is still copying.</returns>
    public async Task<RoundResult?> RunAsync(ItemFailures failures, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var outcomes = new ConcurrentDictionary<long, MoveOutcome>();
        await BoundedParallel.ForEachAsync(
            Accepted.SelectMany(file => file.Entry!.EntityIds).Distinct(),
            Workers,
            async (id, token) => outcomes[id] = await MoveAsync(id, timeout, token),
            cancellationToken);
        if (outcomes.Values.Any(outcome => outcome.IsPending))
            return null;
        foreach (var lost in _page!.Lost)
            failures = failures.Add(lost.Path, lost.Failure!);
        foreach (var file in _page.Files)
        {
            var reason = _refused.GetValueOrDefault(file)
                ?? file.Entry!.EntityIds.Select(id => outcomes[id].Failure).FirstOrDefault(failure => failure is not null);
            if (reason is not null)
                failures = failures.Add(file.Path, reason);
        }
        return new RoundResult(outcomes.Values.Count(outcome => outcome.Failure is null), failures);
    }

    private async Task<MoveOutcome> MoveAsync(long id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (!_found.TryGetValue(id, out var entity))
            return MoveOutcome.Failed("Its content does not exist.");
        return entity.PolicyId == policy.Id ? MoveOutcome.Moved : await move.RunAsync(entity, policy, _targets[id], timeout, cancellationToken);
    }

    private static bool IsLarge(EntityRecord entity) => entity.Size > BlobContainer.MaxDirectCopy;

    private IEnumerable<WalkItem> Accepted => _page!.Files.Where(file => !_refused.ContainsKey(file));

    /// <summary>Why the policy does not take a file; null when it does.</summary>
    private string? ReasonOf(FileRecord file) => _rules.RefuseName(file.Name)
        ?? (_rules.MaxSize > 0 && file.Size > _rules.MaxSize ? "The file is larger than the storage policy allows." : null);

    private string NameOf(EntityRecord entity, WalkItem file, DateTimeOffset now) => entity.Type == EntityType.Thumbnail
        ? $"{OwnAreas.Thumbnails}{Guid.NewGuid():N}{Path.GetExtension(entity.Source)}"
        : BlobNaming.Create(policy, new BlobNamingContext(file.Entry!.OwnerId, FilePath.ParsePlain("/" + file.Path), entity.Id, now));
}
