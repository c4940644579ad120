using Cloudreve.AzureStorage.Blobs;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Thumbnails;

namespace Cloudreve.Core.Content.Media;

/// <summary>The content that a thumbnail is made from, or tags are read from. Nothing is read before it is requested.</summary>
/// <param name="container">The container of the blob.</param>
/// <param name="key">Decrypts it; null for a plain one.</param>
/// <param name="entity">The blob.</param>
/// <param name="name">The file's name.</param>
/// <param name="clock">For the end of addresses.</param>
internal sealed class MediaSource(BlobContainer container, BlobKey? key, EntityRecord entity, string name, TimeProvider clock)
{
    private static readonly TimeSpan AddressLifetime = TimeSpan.FromMinutes(10);

    /// <summary>The file's extension in lower case, without dot; empty when it has none.</summary>
    public string Extension { get; } = ThumbnailExtensions.Of(name);

    /// <summary>Bytes.</summary>
    public long Size => entity.Size;

    /// <summary>Reads a range, up to the content's end.</summary>
    /// <param name="offset">The first byte.</param>
    /// <param name="length">Maximum number of bytes.</param>
    public async Task<byte[]> ReadAsync(long offset, long length, CancellationToken cancellationToken)
    {
        length = Math.Min(length, Size - offset);
        if (offset < 0 || length <= 0)
            return [];
        var blob = await container.OpenReadAsync(entity.Source, offset, length, cancellationToken: cancellationToken);
        await using var content = Decrypt(blob.Content, offset);
        var bytes = new byte[Math.Min(length, blob.Length)];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    /// <summary>Copies all of it to a new file.</summary>
    /// <param name="path">The file.</param>
    public async Task CopyToAsync(string path, CancellationToken cancellationToken)
    {
        var blob = await container.OpenReadAsync(entity.Source, cancellationToken: cancellationToken);
        await using var content = Decrypt(blob.Content, 0);
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        await content.CopyToAsync(file, cancellationToken);
    }

    /// <summary>An address at which a program of this machine can read it for some minutes; null for encrypted content.</summary>
    public async Task<Uri?> FindAddressAsync(CancellationToken cancellationToken) =>
        key is null
            ? await container.SignReadAsync(entity.Source, clock.GetUtcNow() + AddressLifetime, cancellationToken: cancellationToken)
            : null;

    private Stream Decrypt(Stream content, long offset) => key is null ? content : new CtrStream(content, key.CreateCipher(), offset);
}
