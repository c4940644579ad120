using System.Text.Json;
using Cloudreve.Functions.Tests.App;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>
/// Requests that name an object in the path and show a signature, a secret or a token, which each user has only for the own object.
/// </summary>
internal static class SignedAttempts
{
    private static readonly byte[] s_content = [1, 2, 3];

    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["GET /callback/s3/{session_id}/{key} upload"] = ConfirmUploadAsync,
        ["GET /file/archive/{sessionID}/archive.zip archive"] = site => ReadAsync(site, HttpMethod.Get, archive: true),
        ["GET /file/content/{id}/{speed}/{name} version"] = site => ReadAsync(site, HttpMethod.Get, archive: false),
        ["HEAD /file/content/{id}/{speed}/{name} version"] = site => ReadAsync(site, HttpMethod.Head, archive: false),
        ["GET /file/wopi/{id} viewer session"] = site => ViewAsync(site, HttpMethod.Get, ""),
        ["POST /file/wopi/{id} viewer session"] = site => ViewAsync(site, HttpMethod.Post, "", "LOCK"),
        ["GET /file/wopi/{id}/contents viewer session"] = site => ViewAsync(site, HttpMethod.Get, "/contents"),
        ["POST /file/wopi/{id}/contents viewer session"] = site => ViewAsync(site, HttpMethod.Post, "/contents", "PUT"),
    };

    /// <summary>An empty file: its one chunk is nothing, so the upload can be confirmed at once.</summary>
    private static async Task<Attempt> ConfirmUploadAsync(TwoUsers site)
    {
        var path = site.NewPath("empty.bin");
        var begun = new Dictionary<Person, JsonElement>();
        foreach (var person in (Person[])[site.Alice, site.Bob])
            begun[person] = await TwoUsers.SucceedAsync(person.Client.SendApiAsync(HttpMethod.Put, "file/upload", FileAttempts.Upload(person.Uri(path), 0)));
        var session = begun[site.Alice].GetProperty("session_id").GetString();
        return new Attempt(person => Attempt.Message(HttpMethod.Get, $"callback/s3/{session}/{begun[person].GetProperty("callback_secret").GetString()}"));
    }

    private static async Task<Attempt> ReadAsync(TwoUsers site, HttpMethod method, bool archive)
    {
        var path = site.NewPath("read.txt");
        var addresses = new Dictionary<Person, Uri>();
        foreach (var person in (Person[])[site.Alice, site.Bob])
        {
            await TwoUsers.WriteAsync(person, path, s_content);
            var made = await TwoUsers.SucceedAsync(person.Client.PostApiAsync("file/url", new { uris = new[] { person.Uri(path) }, archive }));
            addresses[person] = new Uri(made.GetProperty("urls")[0].GetProperty("url").GetString()!);
        }
        return new Attempt(person => new HttpRequestMessage(method, addresses[site.Alice].AbsolutePath + addresses[person].Query));
    }

    private static async Task<Attempt> ViewAsync(TwoUsers site, HttpMethod method, string suffix, string? operation = null)
    {
        var path = site.NewPath("seen.docx");
        var sessions = new Dictionary<Person, JsonElement>();
        foreach (var person in (Person[])[site.Alice, site.Bob])
        {
            await TwoUsers.CreateAsync(person, path, "file");
            sessions[person] = await TwoUsers.SucceedAsync(person.Client.SendApiAsync(
                HttpMethod.Put, "file/viewerSession", new { uri = person.Uri(path), viewer_id = TwoUsers.ViewerId, preferred_action = "edit" }));
        }
        return Wopi(sessions[site.Alice], person => sessions[person], method, suffix, operation);
    }

    /// <summary>A viewer's request.</summary>
    /// <param name="opened">The session with the file's address.</param>
    /// <param name="sessionOf">The session whose token is shown.</param>
    /// <param name="suffix">The part after the address.</param>
    /// <param name="operation">The operation of the protocol; null for reading.</param>
    public static Attempt Wopi(JsonElement opened, Func<Person, JsonElement> sessionOf, HttpMethod method, string suffix, string? operation)
    {
        var page = new Uri(opened.GetProperty("wopi_src").GetString()!);
        var source = System.Web.HttpUtility.ParseQueryString(page.Query)["WOPISrc"]!;
        return new Attempt(person =>
        {
            var token = sessionOf(person).GetProperty("session").GetProperty("access_token").GetString()!;
            var request = new HttpRequestMessage(method, $"{source}{suffix}?access_token={Uri.EscapeDataString(token)}");
            if (operation is null)
                return request;
            request.Headers.Add("X-WOPI-Override", operation);
            // An empty file may be filled without a lock.
            if (operation == "LOCK")
                request.Headers.Add("X-WOPI-Lock", "a lock");
            request.Content = new ByteArrayContent(operation == "LOCK" ? [] : s_content);
            return request;
        });
    }
}
