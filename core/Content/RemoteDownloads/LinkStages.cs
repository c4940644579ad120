using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>Stages what another site sends, within the limits of the account.</summary>
/// <param name="runs">Reports progress.</param>
/// <param name="writer">Has the rules of the storage policy.</param>
/// <param name="blobs">The blobs.</param>
/// <param name="memory">Bounds the buffers of all writes.</param>
/// <param name="encryption">Opens keys.</param>
/// <param name="quota">The space used.</param>
/// <param name="clock">Bounds steps.</param>
internal sealed class LinkStages(
    TaskRuns runs, StoredContentWriter writer, UploadBlobs blobs, UploadMemory memory, BlobEncryption encryption, QuotaLedger quota, TimeProvider clock)
{
    // Half of the memory of all uploads, if every activity that one process runs at once downloads. Blocks of a large file get larger.
    private const int SmallBlock = 4 << 20;
    private const int BlocksOfSize = 10_000;
    private const int Sizes = 3;

    /// <summary>Prepares to stage a response: one transaction.</summary>
    /// <param name="reference">The task.</param>
    /// <param name="caller">Its owner.</param>
    /// <param name="path">The file.</param>
    /// <param name="state">The state that the response continues.</param>
    /// <param name="answer">The response.</param>
    /// <exception cref="CloudreveException">40051 and 40049: the file is too large for the account or the storage policy.</exception>
    public async Task<LinkStage> BeginAsync(
        TaskReference reference, Caller caller, FilePath path, RemoteDownloadState state, RemoteAnswer answer, CancellationToken cancellationToken)
    {
        var space = caller.Group.MaxStorage - await quota.GetUsedAsync(caller.UserId, cancellationToken);
        var stage = new LinkStage(state, answer, clock)
        {
            Space = space,
            MaxSize = await writer.MaxSizeAsync(caller, path, cancellationToken),
            OpenAsync = token => StagedOutput.OpenAsync(
                blobs, memory, encryption, state.Content, BlockOutput.NewRun(), SmallBlock << Math.Min(state.Blocks / BlocksOfSize, Sizes), state.Position, token),
            ReportAsync = async (status, token) => await runs.ReportDownloadAsync(
                reference, RemoteDownload.Monitoring, status, new Dictionary<string, TaskProgress>(), failed: 0, token) is { IsAtWork: true },
        };
        stage.RequireRoom(state.Total ?? state.Position);
        return stage;
    }
}
