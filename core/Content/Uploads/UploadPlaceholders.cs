using Cloudreve.AzureStorage;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.Uploads;

/// <summary>What a drive shows of an upload under way: the placeholder of a new file, or the mark of a file that waits for other content.</summary>
internal sealed class UploadPlaceholders(
    EntriesByPath byPath, EntryCreation creation, EntryUpdates updates, DepthGuard guard, EntityStore entities, ActivityLog log,
    ILogger<UploadPlaceholders> logger)
{
    /// <summary>The folder of a new file, which is created where it is missing.</summary>
    public Task<FileRecord> EnsureFolderAsync(long ownerId, FilePath path, CancellationToken cancellationToken) =>
        creation.CreateAsync(ownerId, path, NewEntry.Folder, failIfExists: false, cancellationToken);

    /// <summary>
    /// Marks a file that waits for other content. The entity is written here, since completion has to read such a file and would not
    /// keep its budget otherwise; before the mark, by which others find the upload and may cancel it.
    /// </summary>
    public async Task MarkAsync(UploadSession session, FileRecord file, UploadRequest request, CancellationToken cancellationToken)
    {
        if (session.EntityId != 0)
            await entities.AddAsync(UploadCompletion.EntityOf(session), cancellationToken);
        await updates.UpdateAsync(
            file,
            current =>
            {
                UploadTargets.CheckPrevious(current, request);
                return current with { Metadata = new Dictionary<string, string>(current.Metadata) { [MetadataKeys.UploadSession] = session.Mark } };
            },
            cancellationToken);
    }

    /// <summary>Creates the placeholder of a new file.</summary>
    /// <returns>The version of its row.</returns>
    public async Task<string> CreateAsync(DriveControl control, UploadSession session, CancellationToken cancellationToken)
    {
        var placeholder = session.Placeholder;
        var entry = new NewEntry(FileType.File)
        {
            Id = placeholder.Id,
            CreatedAt = placeholder.CreatedAt,
            UpdatedAt = placeholder.UpdatedAt,
            Metadata = placeholder.Metadata,
        };
        try
        {
            var created = await creation.CreateEntryAsync(
                session.OwnerId, session.ParentId, session.Path.Name, entry, failIfExists: true, cancellationToken);
            await guard.RequireAsync(control, session.Path, created, cancellationToken);
            await LogCreationAsync(session, created, cancellationToken);
            return created.ETag;
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.ObjectExists)
        {
            var existing = await byPath.FindEntryAsync(session.ParentId, session.Path.Name, cancellationToken);
            throw existing?.Metadata.ContainsKey(MetadataKeys.UploadSession) == true
                ? new CloudreveException(ErrorCode.NameBeingUploaded, "A file with this name is being uploaded.", e)
                : existing?.Type == FileType.Folder ? UploadTargets.ObjectExists() : new CompetingFileException(e);
        }
    }

    /// <summary>The file exists whether or not its event can be written.</summary>
    private async Task LogCreationAsync(UploadSession session, FileRecord created, CancellationToken cancellationToken)
    {
        try
        {
            await log.AppendAsync(session.OwnerId, [new FileEvent(ActivityCategory.FileCreate, session.Actor, created, null, session.Path)], cancellationToken);
        }
        catch (StorageException e)
        {
            logger.LogWarning(e, "The beginning of upload {Upload} could not be logged", session.Mark[..8]);
        }
    }
}

/// <summary>A file of that name was created meanwhile, or created and removed.</summary>
internal sealed class CompetingFileException(Exception cause) : CloudreveException(ErrorCode.ObjectExists, "An item with this name already exists.", cause);
