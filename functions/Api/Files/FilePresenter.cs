using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.Api.Files;

/// <summary>Shapes files for a caller.</summary>
/// <param name="caller">The viewer.</param>
/// <param name="site">Encodes ids, and decides which files can have thumbnails.</param>
/// <param name="sharedFiles">The files that have share links; null where clients may not know.</param>
internal sealed class FilePresenter(Caller caller, SiteSettings site, IReadOnlySet<long>? sharedFiles = null)
{
    private readonly ThumbnailChoice _thumbnails = new(site);

    /// <summary>Shapes a file.</summary>
    /// <param name="uri">Its address from the caller's view.</param>
    /// <param name="capabilities">The capabilities of its file system.</param>
    /// <param name="withMetadata">True if the response includes metadata.</param>
    public FileResponse Present(FileRecord file, FileUri uri, Boolset capabilities, bool withMetadata) => new()
    {
        Type = (int)file.Type,
        Id = site.HashIds.Encode(file.Id, HashIdKind.File),
        // In the trash a file has a random name; users know it by its original one (contract, section 9).
        Name = DriveOperations.OriginOf(file)?.Name ?? file.Name,
        CreatedAt = file.CreatedAt,
        UpdatedAt = file.UpdatedAt,
        Size = file.Size,
        Metadata = withMetadata ? MetadataOf(file) : null,
        Path = uri.ToString(),
        Capability = capabilities.ToString(),
        Owned = caller.UserId == file.OwnerId,
        Shared = sharedFiles?.Contains(file.Id) == true ? true : null,
        PrimaryEntity = site.HashIds.Encode(file.PrimaryEntityId, HashIdKind.Entity),
    };

    /// <summary>The metadata that clients see. The mark that disables thumbnails is not stored where it follows from the file itself.</summary>
    private IReadOnlyDictionary<string, string> MetadataOf(FileRecord file) =>
        _thumbnails.IsCertainToFail(file) && !FileThumbnails.IsDisabled(file)
            ? new Dictionary<string, string>(file.Metadata) { [FileThumbnails.Disabled] = "" }
            : file.Metadata;
}
