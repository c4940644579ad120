using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;

namespace Cloudreve.Core.Content.Entities;

/// <summary>Opens the content of entities, wherever their policies store it.</summary>
/// <param name="encryption">Decrypts what is encrypted.</param>
public sealed class EntityReader(SiteCatalog catalog, PolicyContainers containers, BlobEncryption encryption)
{
    /// <summary>Opens a part of an entity's content, decrypted: one transaction.</summary>
    /// <param name="offset">First byte.</param>
    /// <param name="length">Number of bytes; null for all to the end.</param>
    /// <exception cref="CloudreveException">40035 without the policy, 40006 for a driver that is not supported, 50002 without the key.</exception>
    public async Task<BlobContent> OpenAsync(EntityRecord entity, long offset = 0, long? length = null, CancellationToken cancellationToken = default)
    {
        var policy = await catalog.GetPolicyAsync((int)entity.PolicyId, cancellationToken);
        var key = entity.Encryption is null ? null : await encryption.OpenAsync(entity.Encryption, cancellationToken);
        var blob = await containers.Get(policy).OpenReadAsync(entity.Source, offset, length, null, cancellationToken);
        return key is null ? blob : blob with { Content = new CtrStream(blob.Content, key.CreateCipher(), offset) };
    }
}
