using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Aria2;

/// <summary>Downloads with aria2. The name of a download is its GID; that of a magnet link ends with the list of files, and another one follows.</summary>
/// <param name="http">Makes calls.</param>
/// <param name="settings">Access to aria2.</param>
/// <param name="options">Options of downloads.</param>
/// <param name="logger">Receives what users are not told.</param>
internal sealed class Aria2Downloader(DownloaderHttp http, Aria2Settings settings, IReadOnlyDictionary<string, string> options, ILogger logger) : IDownloader
{
    private const int RemovalChecks = 50;
    private const int PageSize = 1_000;
    private const int MaxPages = 20;

    private static readonly TimeSpan s_removalInterval = TimeSpan.FromMilliseconds(100);

    private readonly Aria2Rpc _rpc = new(http, settings);

    public string TempPath => settings.TempPath;

    public async Task<string> GetVersionAsync(CancellationToken cancellationToken)
    {
        var answer = await CallAsync("getVersion", [], cancellationToken);
        return DownloaderAnswer.ReadVersion(
            Aria2Status.Program, DownloaderAnswer.Read(Aria2Status.Program, () => answer is { } version ? Aria2Status.Text(version, "version") : null));
    }

    public async Task AddAsync(DownloadKey key, TorrentSource source, CancellationToken cancellationToken)
    {
        var all = new JsonObject();
        foreach (var (name, value) in options)
            all[name] = value;
        (all["gid"], all["dir"], all["pause"]) = (key.Id, key.Folder, "false");
        try
        {
            if (source.Torrent is { } torrent)
                await _rpc.CallAsync("addTorrent", [Convert.ToBase64String(torrent), new JsonArray(), all], cancellationToken);
            else
                await _rpc.CallAsync("addUri", [new JsonArray(source.Magnet), all], cancellationToken);
        }
        catch (Aria2RefusedException e) when (e.IsTaken)
        {
            // An earlier run added it.
        }
        catch (Aria2RefusedException e)
        {
            throw Refused(e);
        }
    }

    public async Task<DownloadSnapshot?> FindAsync(DownloadKey key, CancellationToken cancellationToken)
    {
        if (key.Follower is { } known && await FindStatusAsync(known, cancellationToken) is { } continued && Aria2Status.IsIn(continued, key.Folder))
            return Aria2Status.Read(continued, key.Folder, known);
        if (await FindStatusAsync(key.Id, cancellationToken) is { } status && Aria2Status.FollowerOf(status) is null)
            return Aria2Status.Read(status, key.Folder, null);
        // aria2 forgets the first of the two when it has many results.
        foreach (var gid in (await ListFolderAsync(key.Folder, cancellationToken)).Where(gid => gid != key.Id))
        {
            if (await FindStatusAsync(gid, cancellationToken) is { } followed)
                return Aria2Status.Read(followed, key.Folder, gid);
        }
        return null;
    }

    public Task SelectAsync(DownloadKey key, IReadOnlyDictionary<int, bool> files, CancellationToken cancellationToken)
    {
        var wanted = files.Where(file => file.Value).Select(file => (file.Key + 1).ToString(CultureInfo.InvariantCulture));
        return CallAsync("changeOption", [key.Follower ?? key.Id, new JsonObject { ["select-file"] = string.Join(',', wanted) }], cancellationToken);
    }

    public async Task RemoveAsync(DownloadKey key, CancellationToken cancellationToken)
    {
        await RemoveOneAsync(key.Id, cancellationToken);
        // Nothing follows any more. What does has the same folder, and nothing else has.
        foreach (var gid in await ListFolderAsync(key.Folder, cancellationToken))
            await RemoveOneAsync(gid, cancellationToken);
    }

    private async Task RemoveOneAsync(string gid, CancellationToken cancellationToken)
    {
        if (await FindStatusAsync(gid, cancellationToken) is { } status && Aria2Status.IsOpen(status))
            await CallAsync("forceRemove", [gid], cancellationToken);
        // It is removed once its files are closed.
        for (var i = 0; await FindStatusAsync(gid, cancellationToken) is { } now && Aria2Status.IsOpen(now); i++)
        {
            if (i == RemovalChecks)
                throw new RetryLaterException("The downloader does not end the download.");
            await Task.Delay(s_removalInterval, cancellationToken);
        }
        await CallAsync("removeDownloadResult", [gid], cancellationToken);
    }

    /// <summary>The downloads in a folder.</summary>
    private async Task<IReadOnlyList<string>> ListFolderAsync(string folder, CancellationToken cancellationToken)
    {
        List<string> found = [.. GidsIn(folder, await CallAsync("tellActive", [KeysOf(Aria2Status.PlaceFields)], cancellationToken), out _)];
        foreach (var list in (string[])["tellWaiting", "tellStopped"])
        {
            for (var page = 0; page < MaxPages; page++)
            {
                found.AddRange(GidsIn(folder, await CallAsync(list, [page * PageSize, PageSize, KeysOf(Aria2Status.PlaceFields)], cancellationToken), out var count));
                if (count < PageSize)
                    break;
            }
        }
        return [.. found.Distinct()];
    }

    private static List<string> GidsIn(string folder, JsonElement? answer, out int count)
    {
        var (gids, all) = DownloaderAnswer.Read(Aria2Status.Program, () =>
        {
            var downloads = answer?.EnumerateArray().ToList() ?? [];
            return (downloads.Where(status => Aria2Status.IsIn(status, folder)).Select(Aria2Status.GidOf).ToList(), downloads.Count);
        });
        count = all;
        return gids;
    }

    private async Task<JsonElement?> FindStatusAsync(string gid, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("tellStatus", [gid, KeysOf(Aria2Status.Fields)], cancellationToken);
        if (answer is { } status)
            Aria2Status.Require(status, gid);
        return answer;
    }

    private static JsonArray KeysOf(IReadOnlyList<string> fields) => [.. fields.Select(field => JsonValue.Create(field))];

    /// <returns>The result; null when there is no such download.</returns>
    private async Task<JsonElement?> CallAsync(string method, JsonArray parameters, CancellationToken cancellationToken)
    {
        try
        {
            return await _rpc.CallAsync(method, parameters, cancellationToken);
        }
        catch (Aria2RefusedException e) when (e.IsNotFound)
        {
            return null;
        }
        catch (Aria2RefusedException e)
        {
            throw Refused(e);
        }
    }

    private CloudreveException Refused(Aria2RefusedException error)
    {
        if (error.IsUnauthorized)
            return new CloudreveException(ErrorCode.BadParameter, "aria2 refuses the RPC secret.", error);
        logger.LogWarning(error, "aria2 refused a call");
        return new CloudreveException(ErrorCode.UnsetError, "The downloader refuses the download.", error);
    }
}
