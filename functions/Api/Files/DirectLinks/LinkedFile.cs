using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing.DirectLinks;

namespace Cloudreve.Functions.Api.Files.DirectLinks;

/// <summary>Finds the file behind a direct link, and its content.</summary>
internal static class LinkedFile
{
    /// <summary>The file of a link and its path; null when it is gone or in the trash, or a folder above it is.</summary>
    public static async Task<(FileRecord File, FilePath Path)?> FindAsync(DirectLink link, EntriesById byId, CancellationToken cancellationToken)
    {
        if (await byId.FindAsync(link.FileId, cancellationToken) is not { Type: FileType.File } file || file.OwnerId != link.OwnerId)
            return null;
        try
        {
            return (file, await byId.GetPathAsync(file, cancellationToken));
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.FileInTrash or ErrorCode.PathNotFound)
        {
            return null;
        }
    }

    /// <summary>The current content of a file; null when it is empty.</summary>
    /// <param name="entities">The content of files.</param>
    /// <exception cref="CloudreveException">The content does not exist.</exception>
    public static async Task<EntityRecord?> FindContentAsync(FileRecord file, EntityStore entities, CancellationToken cancellationToken) =>
        file.PrimaryEntityId == 0
            ? null
            : await entities.FindAsync(file.PrimaryEntityId, cancellationToken)
                ?? throw new CloudreveException(ErrorCode.BlobNotFound, "The file's content does not exist.");
}
