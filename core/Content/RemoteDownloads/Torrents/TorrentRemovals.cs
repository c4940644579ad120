using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.RemoteDownloads.Downloaders;
using Cloudreve.Core.Infrastructure.Tables;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.RemoteDownloads.Torrents;

/// <summary>
/// Takes downloads that have ended from their programs, and removes their folders. What cannot be removed at once is noted with the access to its program
/// of that time, and tried again for <see cref="Patience"/>.
/// </summary>
public sealed class TorrentRemovals
{
    /// <summary>The time that a program may be away.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromDays(14);

    private const string Kind = "torrents";
    private const string State = "state";
    private const int Workers = 4;

    private readonly StorageLayout _layout;
    private readonly DownloaderCatalog _downloaders;
    private readonly DueNotes _notes;
    private readonly TimeProvider _clock;
    private readonly ILogger<TorrentRemovals> _logger;

    internal TorrentRemovals(StorageLayout layout, DownloaderCatalog downloaders, DueNotes notes, TimeProvider clock, ILogger<TorrentRemovals> logger) =>
        (_layout, _downloaders, _notes, _clock, _logger) = (layout, downloaders, notes, clock, logger);

    /// <summary>Tries again what could not be removed. One transaction while there is nothing.</summary>
    /// <param name="cancellationToken">Ends the run between two downloads.</param>
    public Task RunAsync(CancellationToken cancellationToken = default) => _notes.RunAsync(Kind, Workers, RetryAsync, cancellationToken);

    /// <summary>Removes a download, or notes that it is to be removed. Harmless to repeat.</summary>
    /// <param name="taskId">The task.</param>
    /// <param name="state">Its state.</param>
    internal async Task RemoveAsync(long taskId, TorrentState state, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveNowAsync(state, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _logger.LogWarning(e, "The download {Download} in {Folder} could not be removed yet", state.Id, state.Folder);
            var now = _clock.GetUtcNow();
            // The same key, however often it is noted. States of earlier releases have no time.
            var note = new Row(DueNotes.PartitionOf(Kind, taskId), DueNotes.Key(state.BegunAt == default ? now : state.BegunAt, state.Id));
            var rest = new TorrentState { Id = state.Id, Folder = state.Folder, Follower = state.Follower, Downloader = state.Downloader, BegunAt = now };
            LongText.Write(note, State, JsonSerializer.Serialize(rest, RemoteDownloadJson.Short.TorrentState));
            await _layout.Schedules.UpsertAsync(note, cancellationToken);
        }
    }

    private async Task RetryAsync(Row note, CancellationToken cancellationToken)
    {
        var state = JsonSerializer.Deserialize(LongText.Read(note, State)!, RemoteDownloadJson.Short.TorrentState)!;
        try
        {
            await RemoveNowAsync(state, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && _clock.GetUtcNow() - state.BegunAt > Patience)
        {
            _logger.LogError(
                e, "The download {Download} could not be removed for {Days} days and is given up: remove it from {Server} and delete {Folder}", state.Id, Patience.TotalDays,
                state.Downloader?.Server ?? "the downloader", state.Folder);
        }
        await _layout.Schedules.DeleteAsync(note.PartitionKey, note.RowKey, cancellationToken: cancellationToken);
    }

    /// <summary>The folder goes, too, when the program is away: it fills a disk.</summary>
    private async Task RemoveNowAsync(TorrentState state, CancellationToken cancellationToken)
    {
        try
        {
            if (await _downloaders.FindAsync(state.Id, state.Downloader, cancellationToken) is { } downloader)
                await downloader.RemoveAsync(state.Key, cancellationToken);
        }
        finally
        {
            DownloadFolder.Delete(state.Folder);
        }
    }
}
