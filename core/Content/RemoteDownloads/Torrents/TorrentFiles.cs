using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>Stores a file of a torrent: a small one in one go, a large one a segment at a time.</summary>
/// <param name="writer">Writes small files.</param>
/// <param name="segments">Writes large ones.</param>
/// <param name="byPath">Finds files that an earlier run wrote.</param>
/// <param name="entities">Finds their content.</param>
internal sealed class TorrentFiles(FileContentWriter writer, FileSegments segments, EntriesByPath byPath, EntityStore entities)
{
    /// <summary>Does the next thing for a file.</summary>
    /// <param name="caller">The owner.</param>
    /// <param name="round">All files.</param>
    /// <param name="file">The file.</param>
    /// <returns>What became of it.</returns>
    public async Task<FileOutcome> StoreAsync(Caller caller, TransferRound round, DownloadedFile file, CancellationToken cancellationToken)
    {
        var outcome = new FileOutcome(file);
        if (round.PathOf(file) is not { } path)
            return outcome with { Refusal = "Its path is too deep." };
        if (DownloadFolder.Find(round.State.Folder, file) is not { } found)
            return outcome with { IsMissing = true };
        try
        {
            if (round.State.Staged.FirstOrDefault(staged => staged.Index == file.Index) is not { } staged)
                return await BeginAsync(caller, path, found, round, outcome, cancellationToken);
            var next = await segments.ContinueAsync(caller, path, staged, found, round.State.Reserved, cancellationToken);
            return outcome with { Staged = next, IsStored = next is null };
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.Conflict or ErrorCode.TooManyRequests or ErrorCode.LockConflict)
        {
            return outcome with { Obstacle = new RetryLaterException(e.Message, e) };
        }
        catch (CloudreveException e) when (e.Code is not (ErrorCode.QuotaExceeded or ErrorCode.PolicyNotAllowed))
        {
            return outcome with { Refusal = e.Message };
        }
        catch (UnauthorizedAccessException)
        {
            return outcome with { Refusal = "The site may not read it." };
        }
        catch (IOException)
        {
            return outcome with { IsMissing = true };
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return outcome with { Obstacle = e };
        }
    }

    /// <summary>Removes what was staged of a file, unless it is complete. Harmless to repeat.</summary>
    public Task DiscardAsync(long ownerId, StagedFile staged, CancellationToken cancellationToken) => segments.DiscardAsync(ownerId, staged, cancellationToken);

    private async Task<FileOutcome> BeginAsync(Caller caller, FilePath path, FileInfo found, TransferRound round, FileOutcome outcome, CancellationToken cancellationToken)
    {
        var (size, stamp) = (outcome.File.Size, DownloadFolder.StampOf(found));
        if (segments.Takes(outcome.File))
            return outcome with { Staged = await segments.BeginAsync(caller, path, outcome.File, stamp, cancellationToken) };
        var own = new TaskFiles(byPath, entities, new TaskReference(round.Progress.TaskId, caller.UserId), since: default);
        if (await own.FindAsync(path, size, stamp, cancellationToken) is not null)
            return outcome with { IsStored = true };
        await using var content = DownloadFolder.Open(found);
        var request = new ContentRequest(path, size) { ModifiedAt = stamp, AlreadyCharged = round.State.Reserved, TaskId = own.TaskId };
        await writer.WriteAsync(caller, request, content, cancellationToken);
        return outcome with { IsStored = true };
    }
}
