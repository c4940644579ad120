namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>
/// Requests that name a file of the caller's own and, beside it, the id of another user's version. Both users have a file at the same
/// path, so the request is the same to the letter; the version belongs to the first user's.
/// </summary>
internal static class VersionAttempts
{
    private static readonly byte[] s_content = [1, 2, 3];

    private static readonly Dictionary<string, Func<Versions, Attempt>> s_routes = new()
    {
        ["GET /file/archive"] = v => Attempt.Of(HttpMethod.Get, $"file/archive?uri={Uri.EscapeDataString(v.Uri)}&entity={v.Old}"),
        ["PUT /file/content"] = v => Attempt.Of(HttpMethod.Put, $"file/content?uri={Uri.EscapeDataString(v.Uri)}&previous={v.Current}", s_content),
        ["PUT /file/upload"] = v => Attempt.Of(
            HttpMethod.Put, "file/upload", new { uri = v.Uri, size = 3, policy_id = "", entity_type = "version", previous = v.Current }),
        ["POST /file/url"] = v => Attempt.Of(HttpMethod.Post, "file/url", new { uris = new[] { v.Uri }, entity = v.Old }),
        ["DELETE /file/version"] = v => Attempt.Of(HttpMethod.Delete, "file/version", new { uri = v.Uri, version = v.Old }),
        ["POST /file/version/current"] = v => Attempt.Of(HttpMethod.Post, "file/version/current", new { uri = v.Uri, version = v.Old }),
        ["PUT /file/viewerSession"] = v => Attempt.Of(
            HttpMethod.Put, "file/viewerSession", new { uri = v.Uri, viewer_id = TwoUsers.ViewerId, preferred_action = "edit", version = v.Old }),
    };

    /// <summary>The request of a route that takes a version; null for other routes.</summary>
    /// <param name="route">Method and path.</param>
    public static async Task<Attempt?> PrepareAsync(TwoUsers site, string route)
    {
        if (!s_routes.TryGetValue(route, out var make))
            return null;
        var isArchive = route == "GET /file/archive";
        var path = site.NewPath(isArchive ? "same.zip" : "same.docx");
        var content = isArchive ? FileAttempts.Zip() : s_content;
        await TwoUsers.WriteAsync(site.Bob, path, content);
        var old = await TwoUsers.WriteAsync(site.Alice, path, content);
        return make(new Versions("cloudreve://my/" + path, old, await TwoUsers.WriteAsync(site.Alice, path, content)));
    }

    private sealed record Versions(string Uri, string Old, string Current);
}
