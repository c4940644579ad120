using System.Globalization;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Functions.WebDav.Properties;

/// <summary>
/// Names of versions of content. A file's content is an entity that never changes; an empty file has none, and is identified by its times.
/// </summary>
internal static class DavETags
{
    /// <summary>The strong ETag of a file, in quotes; null for folders.</summary>
    /// <param name="site">Encodes ids.</param>
    public static string? Of(SiteSettings site, FileRecord entry) => entry switch
    {
        { Type: FileType.Folder } => null,
        { PrimaryEntityId: 0 } => string.Create(
            CultureInfo.InvariantCulture, $"\"{site.HashIds.Encode(entry.Id, HashIdKind.File)}-{entry.UpdatedAt.UtcTicks:x}\""),
        _ => $"\"{site.HashIds.Encode(entry.PrimaryEntityId, HashIdKind.Entity)}\"",
    };
}
