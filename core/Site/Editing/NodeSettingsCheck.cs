using System.Text.Json;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Core.Site.Editing;

/// <summary>Requirements for the settings of a node.</summary>
internal static class NodeSettingsCheck
{
    private const int MaxInterval = 3_600;
    private const int MaxText = 1_000;

    // All settings are in one property of a row, which holds 32 K characters.
    private const int MaxSettings = 30_000;

    /// <summary>The settings that a form describes.</summary>
    /// <param name="draft">The form; a hidden secret stands for the stored one.</param>
    /// <param name="stored">The settings as they are.</param>
    /// <exception cref="CloudreveException">40001; the message names the field.</exception>
    public static NodeSettings Resolve(NodeSettings draft, NodeSettings stored)
    {
        if (draft.Provider is not (null or NodeSettings.Aria2Provider or NodeSettings.QbittorrentProvider))
            throw new CloudreveException(ErrorCode.BadParameter, "The downloader must be aria2 or qbittorrent.");
        if (draft.Interval is < 0 or > MaxInterval)
            throw new CloudreveException(ErrorCode.BadParameter, "The refresh interval must be between 1 and 3,600 seconds.");
        var settings = draft with
        {
            Aria2 = draft.Aria2 is { } aria2 ? Resolve(aria2, stored.Aria2) : null,
            Qbittorrent = draft.Qbittorrent is { } qbittorrent ? Resolve(qbittorrent, stored.Qbittorrent) : null,
        };
        return JsonSerializer.Serialize(settings, SiteJson.Default.NodeSettings).Length <= MaxSettings
            ? settings
            : throw new CloudreveException(ErrorCode.BadParameter, "The settings are too long.");
    }

    private static Aria2Settings Resolve(Aria2Settings draft, Aria2Settings? stored)
    {
        Check(draft.Server, draft.TempPath, draft.Options);
        var isSame = stored is not null && draft.Server == stored.Server;
        return draft with { Token = Reveal(draft.Token, stored?.Token, isSame) };
    }

    private static QbittorrentSettings Resolve(QbittorrentSettings draft, QbittorrentSettings? stored)
    {
        Check(draft.Server, draft.TempPath, draft.Options);
        if (draft.User.Length > MaxText)
            throw new CloudreveException(ErrorCode.BadParameter, "The user name is too long.");
        var isSame = stored is not null && draft.Server == stored.Server && draft.User == stored.User;
        return draft with { Password = Reveal(draft.Password, stored?.Password, isSame) };
    }

    private static void Check(string server, string tempPath, IReadOnlyDictionary<string, JsonElement>? options)
    {
        if (server.Length > 0 && !IsAddress(server))
            throw new CloudreveException(ErrorCode.BadParameter, "The downloader's address must begin with http:// or https://, and have no user name, query or fragment.");
        if (tempPath.Length > 0 && !(Path.IsPathRooted(tempPath) && tempPath.Length <= MaxText && !tempPath.Contains('\0', StringComparison.Ordinal)))
            throw new CloudreveException(ErrorCode.BadParameter, "The folder for downloads must be an absolute path.");
        if (options?.Values.Any(value => value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)) is true)
            throw new CloudreveException(ErrorCode.BadParameter, "The downloader's options must be texts, numbers or truth values.");
    }

    private static bool IsAddress(string server) =>
        server.Length <= MaxText && !server.Contains('?', StringComparison.Ordinal) && !server.Contains('#', StringComparison.Ordinal)
        && Uri.TryCreate(server, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "" };

    /// <summary>A stored secret goes to nobody but whom it was stored for.</summary>
    private static string Reveal(string secret, string? stored, bool isSame)
    {
        if (secret != PolicyDraft.HiddenSecret)
            return secret.Length <= MaxText ? secret : throw new CloudreveException(ErrorCode.BadParameter, "The secret is too long.");
        return isSame && stored is not null
            ? stored
            : throw new CloudreveException(ErrorCode.BadParameter, "Enter the downloader's secret again, since its address or user has changed.");
    }
}
