using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Content.FullText.Index;

/// <summary>The blobs of indexes: of each user a manifest and packs, and of each indexed blob its text, from which hits quote.</summary>
internal sealed class IndexBlobs(StorageLayout layout)
{
    private const string Manifest = "manifest.json";
    private const string Texts = "texts/";
    private const int BlobsInPage = 1_000;
    private const int Deleters = 16;

    private const string Users = "users/";

    private BlobContainer Container => layout.Container(layout.FullTextContainerName);

    /// <summary>Reads a manifest: one transaction.</summary>
    /// <returns>The manifest with its version; null for the version when there is none.</returns>
    public async Task<(IndexManifest Manifest, string? ETag)> ReadManifestAsync(long ownerId, CancellationToken cancellationToken)
    {
        try
        {
            var blob = await Container.OpenReadAsync(ManifestOf(ownerId), cancellationToken: cancellationToken);
            await using var content = blob.Content;
            return (await JsonSerializer.DeserializeAsync(content, IndexJson.Default.IndexManifest, cancellationToken) ?? IndexManifest.Empty, blob.ETag);
        }
        catch (StorageNotFoundException)
        {
            return (IndexManifest.Empty, null);
        }
    }

    /// <summary>Replaces the manifest that was read: one transaction.</summary>
    /// <param name="manifest">The new one.</param>
    /// <param name="etag">The version that was read; null when there was none.</param>
    /// <returns>The new version; null when another writer was first.</returns>
    public async Task<string?> TryWriteManifestAsync(long ownerId, IndexManifest manifest, string? etag, CancellationToken cancellationToken)
    {
        try
        {
            var content = BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(manifest, IndexJson.Default.IndexManifest));
            return await Container.ReplaceAsync(ManifestOf(ownerId), content, etag, cancellationToken);
        }
        catch (StorageException e) when (e is StorageChangedException or StorageExistsException or StorageNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Writes a new pack: one transaction.</summary>
    /// <param name="bytes">The pack.</param>
    /// <param name="texts">Number of texts.</param>
    public async Task<PackEntry> WritePackAsync(long ownerId, byte[] bytes, int texts, CancellationToken cancellationToken)
    {
        var name = $"{PacksOf(ownerId)}{Guid.NewGuid():N}";
        await Container.WriteAsync(name, BinaryData.FromBytes(bytes), cancellationToken: cancellationToken);
        return new PackEntry(name, texts, bytes.Length);
    }

    /// <summary>Reads a pack: one transaction; null when it was merged into another.</summary>
    public Task<byte[]?> ReadPackAsync(PackEntry pack, CancellationToken cancellationToken) => Container.ReadAsync(pack.Name, cancellationToken);

    /// <summary>A user's packs, in the manifest or not: one transaction for 5,000.</summary>
    public async Task<IReadOnlyList<BlobItem>> ListPacksAsync(long ownerId, CancellationToken cancellationToken)
    {
        try
        {
            return (await Container.ListPageAsync(PacksOf(ownerId), null, cancellationToken: cancellationToken)).Blobs;
        }
        catch (StorageNotFoundException)
        {
            // Nothing was ever indexed, and somebody has removed the container.
            return [];
        }
    }

    /// <summary>Removes a blob: one transaction.</summary>
    /// <param name="name">The blob.</param>
    public Task DeleteAsync(string name, CancellationToken cancellationToken) => Container.DeleteAsync(name, cancellationToken);

    /// <summary>Writes the text of a blob: one transaction.</summary>
    public async Task WriteTextAsync(IndexedText text, CancellationToken cancellationToken)
    {
        using var packed = new MemoryStream();
        await using (var pack = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            await pack.WriteAsync(Encoding.UTF8.GetBytes(text.Text), cancellationToken);
        await Container.WriteAsync(TextOf(text.EntityId), BinaryData.FromBytes(packed.ToArray()), cancellationToken: cancellationToken);
    }

    /// <summary>Reads the text of a blob: one transaction; null when there is none.</summary>
    public async Task<string?> FindTextAsync(long entityId, CancellationToken cancellationToken)
    {
        if (await Container.ReadAsync(TextOf(entityId), cancellationToken) is not { } packed)
            return null;
        using var text = new StreamReader(new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress), Encoding.UTF8);
        return await text.ReadToEndAsync(cancellationToken);
    }

    /// <summary>Removes the text of a blob: one transaction.</summary>
    public Task DeleteTextAsync(long entityId, CancellationToken cancellationToken) => DeleteAsync(TextOf(entityId), cancellationToken);

    /// <summary>Removes a user's index: two transactions, and one for each pack. The texts go with their blobs.</summary>
    public async Task ClearAsync(long ownerId, CancellationToken cancellationToken)
    {
        // Packs that a manifest names must be there.
        await DeleteAsync(ManifestOf(ownerId), cancellationToken);
        foreach (var pack in await ListPacksAsync(ownerId, cancellationToken))
            await DeleteAsync(pack.Name, cancellationToken);
    }

    /// <summary>The first blobs of all indexes, texts included: one transaction.</summary>
    public Task<BlobPage> ListAsync(CancellationToken cancellationToken) => Container.ListPageAsync("", null, BlobsInPage, cancellationToken: cancellationToken);

    /// <summary>Removes blobs that were listed, unless they have been written since: one transaction for each.</summary>
    /// <param name="page">The blobs.</param>
    /// <returns>True if none is left that was there before.</returns>
    public async Task<bool> ClearAsync(BlobPage page, CancellationToken cancellationToken)
    {
        // In order of name a manifest comes before its packs: packs that a manifest names must be there.
        foreach (var manifest in page.Blobs.Where(IsManifest))
        {
            if (!await Container.TryDeleteAsync(manifest.Name, manifest.ETag, cancellationToken))
                return false;
        }
        await BoundedParallel.ForEachAsync(
            page.Blobs.Where(blob => !IsManifest(blob)),
            Deleters,
            (blob, token) => Container.TryDeleteAsync(blob.Name, blob.ETag, token),
            cancellationToken);
        return page.ContinuationToken is null;
    }

    /// <summary>The next blobs of all indexes, texts included: one transaction.</summary>
    /// <param name="token">The token of the page before; null for the first.</param>
    public Task<BlobPage> ListAsync(string? token, CancellationToken cancellationToken) =>
        Container.ListPageAsync("", null, BlobsInPage, token, cancellationToken);

    /// <summary>Removes a blob that was listed, unless it has been written since: one transaction.</summary>
    /// <param name="blob">The blob.</param>
    public Task<bool> TryDeleteAsync(BlobItem blob, CancellationToken cancellationToken) => Container.TryDeleteAsync(blob.Name, blob.ETag, cancellationToken);

    /// <summary>The entity whose text a blob is; null for another blob.</summary>
    public static long? EntityOf(string name) => name.StartsWith(Texts, StringComparison.Ordinal) ? ParseId(name.AsSpan(Texts.Length)) : null;

    /// <summary>The owner of a manifest or pack; null for another blob.</summary>
    public static long? OwnerOf(string name) => name.StartsWith(Users, StringComparison.Ordinal) && name.IndexOf('/', Users.Length) is > 0 and var end
        ? ParseId(name.AsSpan(Users.Length, end - Users.Length))
        : null;

    /// <summary>Checks whether a blob is a pack.</summary>
    public static bool IsPack(string name) => OwnerOf(name) is { } owner && name.StartsWith(PacksOf(owner), StringComparison.Ordinal);

    private static long? ParseId(ReadOnlySpan<char> text) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? id : null;

    private static bool IsManifest(BlobItem blob) => blob.Name.EndsWith(Manifest, StringComparison.Ordinal);

    private static string ManifestOf(long ownerId) => AreaOf(ownerId) + Manifest;

    private static string PacksOf(long ownerId) => AreaOf(ownerId) + "packs/";

    private static string AreaOf(long ownerId) => string.Create(CultureInfo.InvariantCulture, $"{Users}{ownerId:x}/");

    private static string TextOf(long entityId) => string.Create(CultureInfo.InvariantCulture, $"{Texts}{entityId:x}");
}
