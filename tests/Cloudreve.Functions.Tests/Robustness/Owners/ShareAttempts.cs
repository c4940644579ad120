using System.Text.Json;
using Cloudreve.Functions.Tests.App;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Requests of a user who knows a link and its password, and asks for more than it shows.</summary>
internal static class ShareAttempts
{
    private static readonly byte[] s_content = [1, 2, 3];

    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["GET /file/info summary of a shared folder"] = async site =>
            Attempt.Of(HttpMethod.Get, $"file/info?folder_summary=true&uri={Uri.EscapeDataString((await OpenAsync(site, "below/a.txt")).Below("below"))}"),
        ["GET /file/info direct link"] = ShowLinksAsync,
        ["POST /file/url opened share"] = async site => Attempt.Of(
            HttpMethod.Post, "file/url", new { uris = new[] { (await OpenAsync(site, "a.txt")).Below("a.txt") } }) with
        { Spends = ["shares "] },
        ["GET /file/archive private version"] = async site =>
        {
            var opened = await OpenAsync(site, "a.zip", FileAttempts.Zip());
            return Attempt.Of(HttpMethod.Get, $"file/archive?uri={Uri.EscapeDataString(opened.Below("a.zip"))}&entity={opened.PrivateVersion}");
        },
        ["POST /file/url private version"] = async site =>
        {
            var opened = await OpenAsync(site, "a.txt");
            return Attempt.Of(HttpMethod.Post, "file/url", new { uris = new[] { opened.Below("a.txt") }, entity = opened.PrivateVersion });
        },
        ["POST /file/version/current private version"] = async site =>
        {
            var opened = await OpenAsync(site, "a.txt");
            return Attempt.Of(HttpMethod.Post, "file/version/current", new { uri = opened.Below("a.txt"), version = opened.PrivateVersion });
        },
        ["PUT /file/viewerSession private version"] = async site =>
        {
            var opened = await OpenAsync(site, "a.docx");
            return Attempt.Of(HttpMethod.Put, "file/viewerSession", Viewing(opened.Below("a.docx"), opened.PrivateVersion));
        },
        ["POST /file/wopi/{id} opened share"] = site => EditAsync(site, "", "LOCK"),
        ["POST /file/wopi/{id}/contents opened share"] = site => EditAsync(site, "/contents", "PUT"),
    };

    private static async Task<Attempt> ShowLinksAsync(TwoUsers site)
    {
        var opened = await OpenAsync(site, "a.txt");
        var links = await TwoUsers.SucceedAsync(site.Alice.Client.SendApiAsync(
            HttpMethod.Put, "file/source", new { uris = new[] { site.Alice.Uri(opened.Folder + "/a.txt") } }));
        return Attempt.Of(HttpMethod.Get, "file/info?extended=true&uri=" + Uri.EscapeDataString(opened.Below("a.txt"))) with
        {
            Revealed = new Uri(links[0].GetProperty("link").GetString()!).Segments[^2].Trim('/'),
        };
    }

    /// <summary>A viewer shows what is shared, and changes nothing of it.</summary>
    private static async Task<Attempt> EditAsync(TwoUsers site, string suffix, string operation)
    {
        var opened = await OpenAsync(site, "a.docx", []);
        var sessions = new Dictionary<Person, JsonElement>();
        foreach (var person in (Person[])[site.Alice, site.Bob])
        {
            sessions[person] = await TwoUsers.SucceedAsync(person.Client.SendApiAsync(
                HttpMethod.Put, "file/viewerSession", Viewing(opened.Below("a.docx"), null)));
        }
        return SignedAttempts.Wopi(sessions[site.Alice], person => sessions[person], HttpMethod.Post, suffix, operation);
    }

    private static Dictionary<string, string> Viewing(string uri, string? version)
    {
        var body = new Dictionary<string, string> { ["uri"] = uri, ["viewer_id"] = TwoUsers.ViewerId, ["preferred_action"] = "edit" };
        if (version is not null)
            body["version"] = version;
        return body;
    }

    private static async Task<OpenedShare> OpenAsync(TwoUsers site, string name, byte[]? content = null)
    {
        var folder = site.NewPath("shared");
        await TwoUsers.WriteAsync(site.Alice, $"{folder}/{name}", content ?? s_content);
        var version = await TwoUsers.WriteAsync(site.Alice, site.NewPath("private" + Path.GetExtension(name)), content ?? s_content);
        return new OpenedShare($"cloudreve://{await site.ShareAsync(site.Alice, folder)}:{TwoUsers.SharePassword}@share", folder, version);
    }

    private sealed record OpenedShare(string Root, string Folder, string PrivateVersion)
    {
        public string Below(string name) => $"{Root}/{name}";
    }
}
