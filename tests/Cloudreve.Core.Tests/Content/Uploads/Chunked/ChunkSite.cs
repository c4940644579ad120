using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Uploads.Chunked;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Drive.Operations;

namespace Cloudreve.Core.Tests.Content.Uploads.Chunked;

/// <summary>A Nextcloud client's use of a drive.</summary>
internal static class ChunkSite
{
    public static readonly ChunkedUploadKey Key = new(1, "upload");

    public static ChunkedUploads Chunked(this UploadSite site) => site.Drive.Get<ChunkedUploads>();

    public static Task<ChunkedUpload> BeginChunkedAsync(this UploadSite site) =>
        site.Chunked().BeginAsync(site.Caller, Key, TimeSpan.FromHours(12), size: null);

    public static async Task<bool> SendAsync(this UploadSite site, ChunkedUpload upload, string name, byte[] content, bool hasLength = true) =>
        (await site.Drive.Get<ChunkIntake>().TakeAsync(
            site.Caller, upload, ChunkName.TryParse(name)!, new MemoryStream(content), hasLength ? content.Length : null)).IsNew;

    public static Task<WrittenFile> AssembleAsync(this UploadSite site, ChunkedUpload upload, string path, ChunkedContent content = default, bool isNew = false) =>
        site.Drive.Get<ChunkAssembly>().AssembleAsync(site.Caller, upload, new ContentRequest(DriveSite.Path(path), 0) { NeedsFolder = true, IsNew = isNew }, content);

    /// <summary>A file's decrypted content.</summary>
    public static async Task<byte[]> ReadPlainAsync(this UploadSite site, FileRecord file)
    {
        var entity = await site.Drive.Get<EntityStore>().FindAsync(file.PrimaryEntityId);
        await using var content = (await site.Drive.Get<EntityReader>().OpenAsync(entity!)).Content;
        using var buffer = new MemoryStream();
        await content.CopyToAsync(buffer);
        return buffer.ToArray();
    }
}
