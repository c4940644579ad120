using System.IO.Compression;
using ImageMagick;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Requests of the routes that take URIs of files.</summary>
internal static class FileAttempts
{
    private static readonly byte[] s_content = [1, 2, 3];
    private static readonly Lazy<byte[]> s_photo = new(Photo);
    private static readonly Lazy<byte[]> s_zip = new(Zip);

    /// <summary>A zip.</summary>
    internal static byte[] SmallZip => s_zip.Value;

    private static readonly Dictionary<string, Route> s_routes = new()
    {
        ["DELETE /file"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Delete, "file", new { uris = new[] { place.Uri }, skip_soft_delete = place.Uri.Contains("trash/", StringComparison.Ordinal) })),
        ["GET /file"] = new(PlaceKind.Folder, place => Attempt.Of(HttpMethod.Get, "file?uri=" + Escape(place.Uri))),
        ["GET /file/activities"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Get, "file/activities?page_size=10&uri=" + Escape(place.Uri))),
        ["GET /file/archive"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Get, "file/archive?uri=" + Escape(place.Uri)))
        { Name = "a.zip", Content = s_zip },
        ["PUT /file/content"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Put, "file/content?uri=" + Escape(place.Uri), s_content)),
        ["POST /file/create"] = new(PlaceKind.Nothing, place => Attempt.Of(HttpMethod.Post, "file/create", new { uri = place.Uri, type = "file" })),
        ["GET /file/events"] = new(PlaceKind.Folder, place => Attempt.Of(HttpMethod.Get, "file/events?uri=" + Escape(place.Uri)).WithClient(Guid.NewGuid())),
        ["GET /file/info"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Get, "file/info?extended=true&uri=" + Escape(place.Uri))),
        ["PATCH /file/metadata"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Patch, "file/metadata", new { uris = new[] { place.Uri }, patches = new[] { new { key = "tag:mine", value = "#ffffff" } } })),
        ["POST /file/move"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Post, "file/move", new { uris = new[] { place.Uri }, dst = "cloudreve://my/inbox" })),
        ["DELETE /file/pin"] = new(PlaceKind.Folder, place => Attempt.Of(HttpMethod.Delete, "file/pin", new { uri = place.Uri })),
        ["PUT /file/pin"] = new(PlaceKind.Folder, place => Attempt.Of(HttpMethod.Put, "file/pin", new { uri = place.Uri, name = "hers" })),
        ["POST /file/rename"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Post, "file/rename", new { uri = place.Uri, new_name = "mine.txt" })),
        ["POST /file/restore"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Post, "file/restore", new { uris = new[] { place.Uri } })),
        ["POST /workflow/archive"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Post, "workflow/archive", new { src = new[] { place.Uri }, dst = "cloudreve://my/inbox/packed.zip" })),
        ["POST /workflow/extract"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Post, "workflow/extract", new { src = new[] { place.Uri }, dst = "cloudreve://my/inbox" }))
        { Name = "a.zip", Content = s_zip },
        ["PUT /share"] = new(PlaceKind.Folder, place => Attempt.Of(HttpMethod.Put, "share", new { uri = place.Uri })),
        ["PUT /file/source"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Put, "file/source", new { uris = new[] { place.Uri } })),
        ["GET /file/thumb"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Get, "file/thumb?uri=" + Escape(place.Uri)))
        { Name = "a.jpg", Content = s_photo },
        ["PUT /file/upload"] = new(PlaceKind.Nothing, place => Attempt.Of(HttpMethod.Put, "file/upload", Upload(place.Uri))),
        ["POST /file/url"] = new(PlaceKind.File, place => Attempt.Of(HttpMethod.Post, "file/url", new { uris = new[] { place.Uri } })),
        ["DELETE /file/version"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Delete, "file/version", new { uri = place.Uri, version = place.OldVersion })),
        ["POST /file/version/current"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Post, "file/version/current", new { uri = place.Uri, version = place.OldVersion })),
        ["PATCH /file/view"] = new(PlaceKind.Folder, place => Attempt.Of(
            HttpMethod.Patch, "file/view", new { uri = place.Uri, view = new { page_size = 50 } })),
        ["PUT /file/viewerSession"] = new(PlaceKind.File, place => Attempt.Of(
            HttpMethod.Put, "file/viewerSession", new { uri = place.Uri, viewer_id = TwoUsers.ViewerId, preferred_action = "edit" }))
        { Name = "a.docx" },
    };

    /// <summary>The request of a route that names a place of a file system; null for other routes.</summary>
    /// <param name="route">Method and path.</param>
    /// <param name="names">The place.</param>
    public static async Task<Attempt?> PrepareAsync(TwoUsers site, string route, string names)
    {
        if (!s_routes.TryGetValue(route, out var known))
            return null;
        return known.Make(await ForeignPlace.CreateAsync(site, names, known.Kind, known.Name, known.Content?.Value ?? s_content));
    }

    /// <summary>The same request from a client that keeps files in step.</summary>
    public static Attempt WithClient(this Attempt attempt, Guid client) => attempt with
    {
        Request = person =>
        {
            var request = attempt.Request(person);
            request.Headers.Add("X-Cr-Client-Id", client.ToString());
            return request;
        },
    };

    /// <summary>The body that begins an upload.</summary>
    public static Dictionary<string, object> Upload(string uri, long size = 3) => new() { ["uri"] = uri, ["size"] = size, ["policy_id"] = "" };

    /// <summary>An archive.</summary>
    public static byte[] Zip()
    {
        using var output = new MemoryStream();
        using (var archive = new ZipArchive(output, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var content = archive.CreateEntry("inside.txt").Open();
            content.Write([1, 2, 3]);
        }
        return output.ToArray();
    }

    private static string Escape(string uri) => Uri.EscapeDataString(uri);

    private static byte[] Photo()
    {
        using var image = new MagickImage("gradient:red-blue", 80, 60);
        return image.ToByteArray(MagickFormat.Jpeg);
    }

    private sealed record Route(PlaceKind Kind, Func<ForeignPlace, Attempt> Make)
    {
        public string Name { get; init; } = "a.txt";

        public Lazy<byte[]>? Content { get; init; }
    }
}
