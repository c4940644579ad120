using System.Buffers;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads;

/// <summary>
/// Stages a stretch of a download: until the site's response or the time of a step ends. The owner's progress is written every few seconds, which also
/// shows whether the task was canceled.
/// </summary>
/// <param name="state">The state that the response continues.</param>
/// <param name="answer">The response.</param>
/// <param name="clock">Bounds the time.</param>
internal sealed class LinkStage(RemoteDownloadState state, RemoteAnswer answer, TimeProvider clock)
{
    private const int BufferBytes = 128 * 1024;

    // The number that a state's row holds.
    private const int MaxStretches = 4_000;

    // A step of a site that sends less would keep memory and a turn for nothing.
    private const int MinStepBytes = 64 * 1024;

    // The same for a site that cannot resume, in each time of a step: one that sends a little now and then would keep its turn for all of the time below.
    private const int MinWholeBytes = 1 << 20;

    private static readonly TimeSpan s_stepTime = TimeSpan.FromSeconds(45);

    // All content of a site that cannot resume must arrive in one step, within the time limit of functions.
    private static readonly TimeSpan s_wholeTime = TimeSpan.FromMinutes(20);

    private static readonly TimeSpan s_readTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromSeconds(5);

    private readonly bool _canResume = state.Version is not null && answer.HasRanges && !state.MustComeWhole;

    /// <summary>Opens the output.</summary>
    public required Func<CancellationToken, Task<StagedOutput>> OpenAsync { get; init; }

    /// <summary>Writes the progress; false when the task is to end.</summary>
    public required Func<DownloadStatus, CancellationToken, Task<bool>> ReportAsync { get; init; }

    /// <summary>The free space of the account, in bytes.</summary>
    public required long Space { get; init; }

    /// <summary>Bytes of the largest file that the storage policy allows.</summary>
    public required long MaxSize { get; init; }

    /// <summary>Throws for a size that the account or the storage policy does not allow.</summary>
    /// <param name="size">Bytes.</param>
    /// <exception cref="CloudreveException">40051 and 40049.</exception>
    public void RequireRoom(long size)
    {
        if (size > Space)
            throw new CloudreveException(ErrorCode.QuotaExceeded, "Your storage does not have enough space for the file.");
        if (size > MaxSize)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The file is larger than the storage policy allows.");
    }

    /// <summary>Stages the stretch.</summary>
    /// <returns>The state with it; null when the task is to end.</returns>
    /// <exception cref="CloudreveException">The file is too large, or cannot be downloaded in parts and comes too slowly or takes too long.</exception>
    /// <exception cref="RetryLaterException">The connection broke before anything was worth keeping.</exception>
    public async Task<RemoteDownloadState?> RunAsync(CancellationToken cancellationToken)
    {
        if (!await ReportAsync(state.Describe(0), cancellationToken))
            return null;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var open = await OpenAsync(cancellationToken);
            if (await CopyAsync(open.Output, buffer, cancellationToken) is not { } isEnd)
                return null;
            await open.Output.CompleteAsync(cancellationToken);
            return Extend(open.Output, isEnd);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <returns>True if the response ended; null when the task is to end.</returns>
    private async Task<bool?> CopyAsync(BlockOutput output, byte[] buffer, CancellationToken cancellationToken)
    {
        var (start, reported, position) = (clock.GetTimestamp(), clock.GetTimestamp(), state.Position);
        var (mark, markedPosition) = (start, state.Position);
        while (clock.GetElapsedTime(start) < (_canResume ? s_stepTime : s_wholeTime))
        {
            if (clock.GetElapsedTime(reported) is var since && since >= s_reportInterval)
            {
                var now = state with { Position = output.Position };
                if (!await ReportAsync(now.Describe((long)((output.Position - position) / since.TotalSeconds)), cancellationToken))
                    return null;
                (reported, position) = (clock.GetTimestamp(), output.Position);
            }
            if (!_canResume && clock.GetElapsedTime(mark) >= s_stepTime)
            {
                if (output.Position - markedPosition < MinWholeBytes)
                    throw new CloudreveException(ErrorCode.UnsetError, "The other site sends too slowly.");
                (mark, markedPosition) = (clock.GetTimestamp(), output.Position);
            }
            var read = await ReadAsync(buffer, _canResume && output.Position > state.Position, cancellationToken);
            if (read is not > 0)
                return read == 0;
            await output.WriteAsync(buffer.AsMemory(0, read.Value), cancellationToken);
            RequireRoom(output.Position);
        }
        if (!_canResume)
            throw new CloudreveException(ErrorCode.UnsetError, "The download takes too long, and the other site cannot continue it later.");
        if (output.Position - state.Position < MinStepBytes)
            throw new RetryLaterException("The other site sends too slowly.");
        return false;
    }

    private RemoteDownloadState Extend(BlockOutput output, bool isEnd)
    {
        var isWhole = state.Total is { } total ? output.Position == total : isEnd;
        // A site may send less than it was asked for, and the rest when it is asked again.
        if (!isWhole && (output.Position == state.Position || !_canResume || output.Position > state.Total))
            throw new RetryLaterException("The other site ended the download early.");
        if (state.Stretches.Count == MaxStretches || state.Blocks + output.Blocks > ChunkPlan.MaxBlocks)
            throw new CloudreveException(ErrorCode.FileTooLarge, "The download takes too many parts.");
        return state with
        {
            Position = output.Position,
            IsRead = isWhole,
            Stretches = output.Blocks == 0 ? state.Stretches : [.. state.Stretches, new StagedStretch(output.Run, output.Blocks)],
        };
    }

    /// <returns>The number of bytes; null when the connection broke and what came before is worth keeping.</returns>
    private async Task<int?> ReadAsync(byte[] buffer, bool canKeep, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(s_readTimeout, clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await answer.Content.ReadAsync(buffer, linked.Token);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is IOException or OperationCanceledException or HttpRequestException)
        {
            return canKeep ? null : throw new RetryLaterException("The connection to the other site broke.", e);
        }
    }
}
