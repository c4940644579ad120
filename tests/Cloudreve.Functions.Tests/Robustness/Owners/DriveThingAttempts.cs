using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Requests that name objects of a drive by other means than a place.</summary>
internal static class DriveThingAttempts
{
    private static readonly byte[] s_content = [1, 2, 3];

    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["GET /file/events client"] = EventsOfAClientAsync,
        ["GET /file/info file"] = InfoAsync,
        ["GET /file/info trashed file"] = InfoOfTrashedAsync,
        ["POST /file/move copy"] = CopyAsync,
        ["POST /file/move destination"] = MoveIntoAsync,
        ["DELETE /file/source/{id} direct link"] = DeleteLinkAsync,
        ["DELETE /file/upload drive"] = async site => await CancelAsync(site, site.Alice.Uri),
        ["DELETE /file/upload upload"] = async site => await CancelAsync(site, path => "cloudreve://my/" + path),
        ["POST /file/upload/{sessionId}/{index} upload"] = SendChunkAsync,
        ["POST /file/url archive"] = ArchiveAsync,
        ["DELETE /share link"] = async site => Attempt.Of(HttpMethod.Delete, "share", new { ids = new[] { (await LinkAsync(site)).Id } }),
        ["DELETE /share/{id} link"] = async site => Attempt.Of(HttpMethod.Delete, "share/" + (await LinkAsync(site)).Id),
        ["GET /share/info/{id} link"] = async site => Attempt.Of(HttpMethod.Get, "share/info/" + (await LinkAsync(site)).Id)
            with
        { Revealed = TwoUsers.SharePassword },
        ["POST /share/{id} link"] = EditLinkAsync,
        ["POST /site/abuse user"] = site => Task.FromResult(Attempt.Of(
            HttpMethod.Post, "site/abuse", new { category = 1, description = "x", user_id = site.Alice.Id }) with
        { Spends = ["reports "] }),
        ["POST /workflow/archive destination"] = ArchiveIntoAsync,
        ["POST /workflow/extract destination"] = ExtractIntoAsync,
        ["POST /workflow/reloacte drive"] = site => RelocateAsync(site, "reloacte", ForeignPlace.Drive),
        ["POST /workflow/reloacte trash"] = site => RelocateAsync(site, "reloacte", ForeignPlace.Trash),
        ["POST /workflow/relocate drive"] = site => RelocateAsync(site, "relocate", ForeignPlace.Drive),
        ["POST /workflow/relocate trash"] = site => RelocateAsync(site, "relocate", ForeignPlace.Trash),
        ["POST /workflow/download destination"] = site => Task.FromResult(Attempt.Of(
            HttpMethod.Post, "workflow/download", new { src = new[] { "https://example.com/a" }, dst = site.Alice.Uri("inbox") })),
        ["DELETE /workflow/download/{task_id} task"] = site => DownloadAsync(site, HttpMethod.Delete, null),
        ["PATCH /workflow/download/{task_id} task"] = site => DownloadAsync(
            site, HttpMethod.Patch, new { files = new[] { new { index = 0, download = false } } }),
        ["POST /workflow/import user"] = site => Task.FromResult(Attempt.Of(HttpMethod.Post, "workflow/import", Import(site))),
        ["GET /workflow/progress/{id} task"] = ProgressAsync,
    };

    /// <summary>A client id that the owner's client uses: what is kept for it is the owner's.</summary>
    private static async Task<Attempt> EventsOfAClientAsync(TwoUsers site)
    {
        var client = Guid.NewGuid();
        var attempt = Attempt.Of(HttpMethod.Get, "file/events?uri=" + Uri.EscapeDataString("cloudreve://my/inbox")).WithClient(client);
        await Reply.OfAsync(site.Alice.Client, attempt.Request(site.Alice));
        return attempt;
    }

    private static async Task<Attempt> InfoAsync(TwoUsers site)
    {
        var id = await TwoUsers.CreateAsync(site.Alice, site.NewPath("by-id.txt"), "file");
        return Attempt.Of(HttpMethod.Get, $"file/info?id={id}&extended=true") with { Revealed = "by-id.txt" };
    }

    private static async Task<Attempt> InfoOfTrashedAsync(TwoUsers site)
    {
        var path = site.NewPath("by-id.txt");
        var id = await TwoUsers.CreateAsync(site.Alice, path, "file");
        await TwoUsers.TrashAsync(site.Alice, path);
        return Attempt.Of(HttpMethod.Get, "file/info?id=" + id);
    }

    private static async Task<Attempt> CopyAsync(TwoUsers site)
    {
        var path = site.NewPath("copied.txt");
        await TwoUsers.WriteAsync(site.Alice, path, s_content);
        return Attempt.Of(HttpMethod.Post, "file/move", new { uris = new[] { site.Alice.Uri(path) }, dst = "cloudreve://my/inbox", copy = true });
    }

    private static async Task<Attempt> MoveIntoAsync(TwoUsers site)
    {
        var path = site.NewPath("moved.txt");
        foreach (var person in (Person[])[site.Alice, site.Bob])
            await TwoUsers.CreateAsync(person, path, "file");
        return Attempt.Of(HttpMethod.Post, "file/move", new { uris = new[] { "cloudreve://my/" + path }, dst = site.Alice.Uri("inbox") });
    }

    private static async Task<Attempt> ArchiveIntoAsync(TwoUsers site)
    {
        var path = site.NewPath("packed.txt");
        foreach (var person in (Person[])[site.Alice, site.Bob])
            await TwoUsers.CreateAsync(person, path, "file");
        return Attempt.Of(HttpMethod.Post, "workflow/archive", new { src = new[] { "cloudreve://my/" + path }, dst = site.Alice.Uri("inbox/packed.zip") });
    }

    private static async Task<Attempt> ExtractIntoAsync(TwoUsers site)
    {
        var path = site.NewPath("packed.zip");
        foreach (var person in (Person[])[site.Alice, site.Bob])
            await TwoUsers.WriteAsync(person, path, FileAttempts.SmallZip);
        return Attempt.Of(HttpMethod.Post, "workflow/extract", new { src = new[] { "cloudreve://my/" + path }, dst = site.Alice.Uri("inbox") });
    }

    private static async Task<Attempt> RelocateAsync(TwoUsers site, string route, string names)
    {
        var place = await ForeignPlace.CreateAsync(site, names, PlaceKind.File, "kept.txt", [1, 2, 3]);
        var policy = (await site.App.GetSiteAsync()).HashIds.Encode(StoragePolicy.DefaultId, HashIdKind.Policy);
        return Attempt.Of(HttpMethod.Post, "workflow/" + route, new { src = new[] { place.Uri }, dst_policy_id = policy });
    }

    private static async Task<Attempt> DeleteLinkAsync(TwoUsers site)
    {
        var path = site.NewPath("linked.txt");
        await TwoUsers.WriteAsync(site.Alice, path, s_content);
        var links = await TwoUsers.SucceedAsync(
            site.Alice.Client.SendApiAsync(HttpMethod.Put, "file/source", new { uris = new[] { site.Alice.Uri(path) } }));
        var id = new Uri(links[0].GetProperty("link").GetString()!).Segments[^2].Trim('/');
        return Attempt.Of(HttpMethod.Delete, "file/source/" + id);
    }

    private static async Task<(string Id, string Path)> LinkAsync(TwoUsers site)
    {
        var path = site.NewPath("shared");
        await TwoUsers.CreateAsync(site.Alice, path, "folder");
        return (await site.ShareAsync(site.Alice, path), path);
    }

    // Both have a folder there: the link is not the second user's, whatever is named.
    private static async Task<Attempt> EditLinkAsync(TwoUsers site)
    {
        var (id, path) = await LinkAsync(site);
        await TwoUsers.CreateAsync(site.Bob, path, "folder");
        return Attempt.Of(HttpMethod.Post, "share/" + id, new { uri = "cloudreve://my/" + path, downloads = 1 });
    }

    private static async Task<Attempt> CancelAsync(TwoUsers site, Func<string, string> name)
    {
        var path = site.NewPath("unfinished.bin");
        return Attempt.Of(HttpMethod.Delete, "file/upload", new { id = await BeginUploadAsync(site, path), uri = name(path) });
    }

    private static async Task<Attempt> SendChunkAsync(TwoUsers site)
    {
        await site.ChangePolicyAsync(settings => settings with { Relay = true });
        var session = await BeginUploadAsync(site, site.NewPath("relayed.bin"));
        await site.ChangePolicyAsync(settings => settings with { Relay = false });
        return Attempt.Of(HttpMethod.Post, $"file/upload/{session}/0", s_content);
    }

    private static async Task<string> BeginUploadAsync(TwoUsers site, string path)
    {
        var begun = await TwoUsers.SucceedAsync(site.Alice.Client.SendApiAsync(HttpMethod.Put, "file/upload", FileAttempts.Upload(site.Alice.Uri(path))));
        return begun.GetProperty("session_id").GetString()!;
    }

    private static async Task<Attempt> ArchiveAsync(TwoUsers site)
    {
        var path = site.NewPath("packed.txt");
        await TwoUsers.WriteAsync(site.Alice, path, s_content);
        return Attempt.Of(HttpMethod.Post, "file/url", new { uris = new[] { site.Alice.Uri(path) }, archive = true });
    }

    private static async Task<Attempt> DownloadAsync(TwoUsers site, HttpMethod method, object? body)
    {
        var services = site.App.Services;
        var task = new WorkflowTask
        {
            Id = await services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Task),
            OwnerId = site.Alice.User.Id,
            Type = RemoteDownload.TaskType,
            Status = WorkflowTaskStatus.Processing,
            Phase = RemoteDownload.Monitoring,
            Download = new DownloadStatus { Name = "a", Files = [new DownloadFile(0, "a", 1, 0)] },
            CreatedAt = site.Clock.GetUtcNow(),
            UpdatedAt = site.Clock.GetUtcNow(),
            Job = """{"source":"https://example.com/a","destination":"/inbox"}""",
        };
        await services.GetRequiredService<TaskStore>().CreateAsync(task);
        var id = (await site.App.GetSiteAsync()).HashIds.Encode(task.Id, HashIdKind.Task);
        return body is null ? Attempt.Of(method, "workflow/download/" + id) : Attempt.Of(method, "workflow/download/" + id, body);
    }

    private static async Task<Attempt> ProgressAsync(TwoUsers site)
    {
        var services = site.App.Services;
        var task = new WorkflowTask
        {
            Id = await services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Task),
            OwnerId = site.Alice.User.Id,
            Type = "import",
            CreatedAt = site.Clock.GetUtcNow(),
            UpdatedAt = site.Clock.GetUtcNow(),
            Job = """{"source":"a/","destination":"/b","userId":1,"policyId":1,"recursive":true,"extractMediaMeta":false}""",
            Progress = new Dictionary<string, TaskProgress> { ["imported"] = new(10, 4) },
        };
        await services.GetRequiredService<TaskStore>().CreateAsync(task);
        var id = (await site.App.GetSiteAsync()).HashIds.Encode(task.Id, HashIdKind.Task);
        return Attempt.Of(HttpMethod.Get, "workflow/progress/" + id) with { Revealed = "imported" };
    }

    private static Dictionary<string, object> Import(TwoUsers site) => new()
    {
        ["src"] = "/photos",
        ["dst"] = "/" + site.NewPath("imported"),
        ["user_id"] = site.Alice.Id,
        ["policy_id"] = 1,
        ["recursive"] = true,
        ["extract_media_meta"] = false,
    };
}
