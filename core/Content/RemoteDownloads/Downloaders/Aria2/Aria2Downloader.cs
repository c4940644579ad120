using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Aria2;

/// <summary>Downloads with aria2. The name of a download is its GID.</summary>
/// <param name="http">Makes calls.</param>
/// <param name="settings">Access to aria2.</param>
/// <param name="options">Options of downloads.</param>
/// <param name="logger">Receives what users are not told.</param>
internal sealed class Aria2Downloader(DownloaderHttp http, Aria2Settings settings, IReadOnlyDictionary<string, string> options, ILogger logger) : IDownloader
{
    private const int RemovalChecks = 50;

    private static readonly TimeSpan s_removalInterval = TimeSpan.FromMilliseconds(100);

    private readonly Aria2Rpc _rpc = new(http, settings);

    public string TempPath => settings.TempPath;

    public async Task<string> GetVersionAsync(CancellationToken cancellationToken) =>
        (await CallAsync("getVersion", [], cancellationToken))?.GetProperty("version").GetString() ?? "";

    public async Task AddAsync(string id, TorrentSource source, string folder, CancellationToken cancellationToken)
    {
        var all = new JsonObject();
        foreach (var (name, value) in options)
            all[name] = value;
        (all["gid"], all["dir"], all["pause"]) = (id, folder, "false");
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

    public async Task<DownloadSnapshot?> FindAsync(string id, string folder, CancellationToken cancellationToken)
    {
        if (await FindStatusAsync(id, cancellationToken) is not { } status)
            return null;
        return Aria2Status.FollowerOf(status) is not { } follower
            ? Aria2Status.Read(status, folder)
            : await FindStatusAsync(follower, cancellationToken) is { } followed ? Aria2Status.Read(followed, folder) : null;
    }

    public async Task SelectAsync(string id, IReadOnlyDictionary<int, bool> files, CancellationToken cancellationToken)
    {
        var wanted = files.Where(file => file.Value).Select(file => (file.Key + 1).ToString(CultureInfo.InvariantCulture));
        var follower = await FindStatusAsync(id, cancellationToken) is { } status ? Aria2Status.FollowerOf(status) : null;
        await CallAsync("changeOption", [follower ?? id, new JsonObject { ["select-file"] = string.Join(',', wanted) }], cancellationToken);
    }

    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindStatusAsync(id, cancellationToken) is { } status && Aria2Status.FollowerOf(status) is { } follower)
            await RemoveOneAsync(follower, cancellationToken);
        await RemoveOneAsync(id, cancellationToken);
    }

    private async Task RemoveOneAsync(string gid, CancellationToken cancellationToken)
    {
        if (await FindStatusAsync(gid, cancellationToken) is { } status && Aria2Status.IsOpen(status))
            await CallAsync("forceRemove", [gid], cancellationToken);
        // It is removed once its files are closed.
        for (var i = 0; i < RemovalChecks && await FindStatusAsync(gid, cancellationToken) is { } now && Aria2Status.IsOpen(now); i++)
            await Task.Delay(s_removalInterval, cancellationToken);
        await CallAsync("removeDownloadResult", [gid], cancellationToken);
    }

    private Task<JsonElement?> FindStatusAsync(string gid, CancellationToken cancellationToken) =>
        CallAsync("tellStatus", [gid, new JsonArray([.. Aria2Status.Fields.Select(field => JsonValue.Create(field))])], cancellationToken);

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
