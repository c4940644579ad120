using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.RemoteDownloads.Downloaders.Aria2;

/// <summary>Reads what aria2 says of a download. All of its values are texts.</summary>
internal static partial class Aria2Status
{
    /// <summary>The program's name.</summary>
    public const string Program = "aria2";

    // More pieces cannot be told from each other on a screen.
    private const int MaxBitfield = 32_000;

    private const string MetadataMark = "[METADATA]";

    private static readonly string[] s_states = ["active", "waiting", "paused", "error", "complete", "removed"];

    /// <summary>The fields that are needed.</summary>
    public static IReadOnlyList<string> Fields { get; } =
    [
        "gid", "dir", "status", "downloadSpeed", "uploadSpeed", "uploadLength", "infoHash", "seeder", "bitfield", "numPieces", "errorCode", "errorMessage",
        "followedBy", "files", "bittorrent",
    ];

    /// <summary>The fields that tell where a download is.</summary>
    public static IReadOnlyList<string> PlaceFields { get; } = ["gid", "dir"];

    /// <summary>The name of a download.</summary>
    /// <exception cref="FormatException">It has none.</exception>
    public static string GidOf(JsonElement status) => Text(status, "gid") is var gid && Gid().IsMatch(gid) ? gid : throw new FormatException("The download has no GID.");

    /// <summary>Throws unless a response tells of a download what it must.</summary>
    /// <param name="status">The response.</param>
    /// <param name="gid">The download that was asked for.</param>
    /// <exception cref="RetryLaterException">It does not.</exception>
    public static void Require(JsonElement status, string gid) => DownloaderAnswer.Read(Program, () =>
        GidOf(status) == gid && s_states.Contains(Text(status, "status")) && Text(status, "dir").Length > 0
            ? gid
            : throw new FormatException("The response is about something else."));

    /// <summary>True if a download is in a folder.</summary>
    public static bool IsIn(JsonElement status, string folder) => Text(status, "dir") == folder;

    /// <summary>The download that continues one of a magnet link, whose own content is the list of files alone; null for none.</summary>
    public static string? FollowerOf(JsonElement status) => DownloaderAnswer.Read(
        Program, () => status.TryGetProperty("followedBy", out var followers) && followers.GetArrayLength() > 0 ? followers[0].GetString() : null);

    /// <summary>True if the download has neither ended nor failed.</summary>
    public static bool IsOpen(JsonElement status) => Text(status, "status") is "active" or "waiting" or "paused";

    /// <summary>The download; null when it was removed.</summary>
    /// <param name="status">The response.</param>
    /// <param name="folder">The folder of the download.</param>
    /// <param name="follower">The download's GID, if it continues the first one.</param>
    /// <exception cref="RetryLaterException">The response is not one of aria2.</exception>
    public static DownloadSnapshot? Read(JsonElement status, string folder, string? follower) =>
        DownloaderAnswer.Read(Program, () => ReadStatus(status, folder) is { } snapshot ? (snapshot with { Follower = follower }).Checked() : null);

    private static DownloadSnapshot? ReadStatus(JsonElement status, string folder)
    {
        var files = status.GetProperty("files").EnumerateArray().ToList();
        var isMetadata = files.Exists(file => Text(file, "path").StartsWith(MetadataMark, StringComparison.Ordinal));
        var state = Text(status, "status") switch
        {
            "error" => DownloadState.Failed,
            // Nothing follows.
            "complete" when isMetadata => DownloadState.Failed,
            "complete" => DownloadState.Completed,
            "active" when !isMetadata && Text(status, "seeder") == "true" => DownloadState.Seeding,
            _ => DownloadState.Downloading,
        };
        return Text(status, "status") == "removed" ? null : new DownloadSnapshot
        {
            State = state,
            Name = NameOf(status),
            Error = state == DownloadState.Failed ? ReasonOf(Text(status, "errorCode")) : null,
            DownloadSpeed = Number(status, "downloadSpeed"),
            Uploaded = Number(status, "uploadLength"),
            UploadSpeed = Number(status, "uploadSpeed"),
            Hash = Text(status, "infoHash") is { Length: > 0 } hash ? hash : null,
            Pieces = !isMetadata && Text(status, "bitfield") is { Length: > 0 and <= MaxBitfield } bits ? Convert.ToBase64String(Convert.FromHexString(bits)) : null,
            NumPieces = isMetadata ? 0 : checked((int)Number(status, "numPieces")),
            Files = isMetadata ? [] : [.. files.Select(file => ReadFile(file, folder))],
        };
    }

    private static DownloadedFile ReadFile(JsonElement file, string folder) => new(
        checked((int)Number(file, "index")) - 1,
        Path.GetRelativePath(folder, Text(file, "path")).Replace(Path.DirectorySeparatorChar, '/'),
        Number(file, "length"),
        Number(file, "completedLength"));

    private static string NameOf(JsonElement status) =>
        status.TryGetProperty("bittorrent", out var torrent) && torrent.TryGetProperty("info", out var info) && info.TryGetProperty("name", out var name)
            ? name.GetString() ?? ""
            : "";

    /// <summary>aria2's own message may name addresses and files of the machine.</summary>
    private static string ReasonOf(string code) => code switch
    {
        "2" => "The download timed out.",
        "9" => "The downloader has no space left.",
        "12" => "The torrent is being downloaded already.",
        "13" or "15" or "16" or "17" or "18" => "The downloader could not write the files.",
        "26" or "27" => "The torrent is damaged.",
        { Length: > 0 and <= 3 } when code.All(char.IsAsciiDigit) => $"The downloader gave up with error {code}.",
        _ => "The downloader gave up.",
    };

    /// <summary>A text; empty for none.</summary>
    /// <exception cref="InvalidOperationException">It is something else.</exception>
    public static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static long Number(JsonElement element, string name) =>
        long.TryParse(Text(element, name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : 0;

    [GeneratedRegex("^[0-9a-f]{16}\\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Gid();
}
