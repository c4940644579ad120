using System.Text.Json;
using Cloudreve.Load.Clients;

namespace Cloudreve.Load.Drives;

/// <summary>An entry as the site shows it.</summary>
/// <param name="Name">Its name; in the trash the one that it had.</param>
/// <param name="IsFolder">True if it is a folder.</param>
/// <param name="Size">Bytes of a file.</param>
/// <param name="Uri">The URI in requests.</param>
internal sealed record SeenEntry(string Name, bool IsFolder, long Size, string Uri)
{
    public static SeenEntry Of(JsonElement file) => new(
        file.GetProperty("name").GetString()!, file.GetProperty("type").GetInt32() == 1, file.GetProperty("size").GetInt64(), file.GetProperty("path").GetString()!);
}

/// <summary>Reads a user's drive through the API.</summary>
internal sealed class DriveReader(ApiConnection api)
{
    public const string Trash = "cloudreve://trash";
    private static readonly int[] s_missing = [404, 40016, 40044];

    /// <summary>The URI of a path in requests.</summary>
    public static string UriOf(string path) => "cloudreve://my" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    public static bool IsMissing(Reply reply) => reply.Kind == ReplyKind.Refused && s_missing.Contains(reply.Code);

    /// <summary>Checks whether an entry exists; null when that cannot be determined.</summary>
    public async Task<bool?> ExistsAsync(string path)
    {
        var reply = await InfoAsync(path);
        return reply.IsDone ? true : IsMissing(reply) ? false : null;
    }

    public Task<Reply> InfoAsync(string path) => api.GetAsync("info", "file/info?uri=" + Uri.EscapeDataString(UriOf(path)));

    /// <summary>Everything in a folder; null when not all of it could be read.</summary>
    public Task<List<SeenEntry>?> ListAsync(string path) => ReadPagesAsync("list", UriOf(path));

    /// <summary>Everything in the trash; null when not all of it could be read.</summary>
    public Task<List<SeenEntry>?> ListTrashAsync() => ReadPagesAsync("list trash", Trash);

    /// <summary>Finds entries below a folder by a part of their name; null when the search did not come to its end.</summary>
    public Task<List<SeenEntry>?> SearchAsync(string path, string name) => ReadPagesAsync("search", $"{UriOf(path)}?name={Uri.EscapeDataString(name)}");

    /// <summary>A file's content; null when it did not come.</summary>
    public async Task<byte[]?> DownloadAsync(string path)
    {
        var reply = await api.PostAsync("file url", "file/url", new { uris = new[] { UriOf(path) }, download = true });
        return reply.IsDone ? await api.FetchAsync("download", reply.Data.GetProperty("urls")[0].GetProperty("url").GetString()!) : null;
    }

    private async Task<List<SeenEntry>?> ReadPagesAsync(string operation, string uri)
    {
        var entries = new List<SeenEntry>();
        string? token = null;
        do
        {
            var path = $"file?page_size=1000&uri={Uri.EscapeDataString(uri)}" + (token is null ? "" : "&next_page_token=" + Uri.EscapeDataString(token));
            var reply = await api.GetAsync(operation, path);
            if (!reply.IsDone)
                return null;
            entries.AddRange(reply.Data.GetProperty("files").EnumerateArray().Select(SeenEntry.Of));
            token = reply.Data.GetProperty("pagination").TryGetProperty("next_token", out var next) ? next.GetString() : null;
        }
        while (!string.IsNullOrEmpty(token));
        return entries;
    }
}
