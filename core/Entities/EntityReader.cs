using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Storage;

namespace Cloudreve.Core.Entities;

/// <summary>Opens the content of entities, wherever their policies keep it.</summary>
/// <param name="catalog">The policies.</param>
/// <param name="containers">Their containers.</param>
public sealed class EntityReader(SiteCatalog catalog, PolicyContainers containers)
{
    /// <summary>Opens a part of an entity's content: one transaction.</summary>
    /// <param name="entity">The entity.</param>
    /// <param name="offset">First byte.</param>
    /// <param name="length">How many bytes; null for all to the end.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="CloudreveException">40035 without the policy, 40006 for a driver that is not supported.</exception>
    public async Task<BlobContent> OpenAsync(EntityRecord entity, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        var policy = await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken);
        return await containers.Get(policy).OpenReadAsync(entity.Source, offset, length, null, cancellationToken);
    }
}
