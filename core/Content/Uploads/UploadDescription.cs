using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>How the site takes an upload.</summary>
internal sealed record UploadPlan(User Owner, StoragePolicy Policy, ChunkPlan Chunks, TimeSpan Lifetime);

/// <summary>Describes uploads that begin: under which ids, where their bytes go, and what they replace.</summary>
internal sealed class UploadDescription(EntityStore entities, IdAllocator ids, BlobEncryption encryption, TimeProvider clock)
{
    /// <summary>The session of an upload, of which nothing is stored yet. One transaction for what it replaces.</summary>
    /// <param name="target">Where the file is, or comes; its folder exists.</param>
    public async Task<UploadSession> DescribeAsync(
        UploadPlan plan, UploadRequest request, UploadTarget target, CancellationToken cancellationToken)
    {
        var (owner, policy, chunks, lifetime) = plan;
        var now = clock.GetUtcNow();
        var isRelay = policy.Settings.Relay;
        var entityId = request.Size == 0 ? 0 : await ids.NextAsync(IdKind.Entity, cancellationToken);
        var previous = request is { IsLivePhoto: false } && target.File is { PrimaryEntityId: not 0 } ? target.File.PrimaryEntityId : 0;
        return new UploadSession
        {
            Id = Guid.NewGuid(),
            OwnerId = owner.Id,
            CreatedBy = owner.Id,
            ClientId = request.ClientId,
            FileId = target.File?.Id ?? await ids.NextAsync(IdKind.File, cancellationToken),
            ParentId = target.ParentId!.Value,
            Path = request.Path,
            IsNewFile = target.File is null,
            Type = request.IsLivePhoto ? EntityType.LivePhoto : EntityType.Version,
            Size = request.Size,
            ChunkSize = chunks.ChunkSize,
            IsRelay = isRelay,
            PolicyId = policy.Id,
            EntityId = entityId,
            Source = entityId == 0 ? "" : BlobNaming.Create(policy, new BlobNamingContext(owner.Id, request.Path, entityId, now)),
            // A client that sends directly and cannot encrypt stores plain content: the app never sees it in transit.
            Encryption = policy.Settings.Encryption && entityId != 0 && (isRelay || request.CanEncrypt) ? await encryption.CreateAsync(cancellationToken) : null,
            KeepVersions = VersionRetention.KeptOf(owner.Settings, request.Path.Name),
            PreviousEntityId = previous,
            PreviousCreatedAt = previous == 0 ? null : (await entities.FindAsync(previous, cancellationToken))?.CreatedAt,
            ModifiedAt = request.ModifiedAt,
            Metadata = request.Metadata,
            LockToken = DriveLocks.NewToken(owner.Id),
            CreatedAt = now,
            ExpiresAt = now + lifetime,
        };
    }
}
