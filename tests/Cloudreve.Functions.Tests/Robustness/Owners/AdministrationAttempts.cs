using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Sharing;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Requests of the administration, which no ordinary user may send, the owner included.</summary>
internal static class AdministrationAttempts
{
    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["GET /admin/entity/{id} blob"] = OfFile(HttpMethod.Get, (file, _) => $"admin/entity/{file.PrimaryEntityId}"),
        ["GET /admin/entity/url/{id} blob"] = OfFile(HttpMethod.Get, (file, _) => $"admin/entity/url/{file.PrimaryEntityId}"),
        ["POST /admin/entity/batch/delete blob"] = OfFile(HttpMethod.Post, (_, _) => "admin/entity/batch/delete", file => new { ids = new[] { file.PrimaryEntityId } }),
        ["GET /admin/file/{id} drive"] = OfFile(HttpMethod.Get, (file, _) => $"admin/file/{file.Id}"),
        ["GET /admin/file/url/{id} drive"] = OfFile(HttpMethod.Get, (file, _) => $"admin/file/url/{file.Id}"),
        ["PUT /admin/file/{id} drive"] = OfFile(HttpMethod.Put, (file, _) => $"admin/file/{file.Id}", _ => new { file = new { name = "other.txt" } }),
        ["POST /admin/file/batch/delete drive"] = OfFile(HttpMethod.Post, (_, _) => "admin/file/batch/delete", file => new { ids = new[] { file.Id } }),
        ["GET /admin/share/{id} link"] = OfFile(HttpMethod.Get, (_, share) => $"admin/share/{share}"),
        ["POST /admin/share/batch/delete link"] = OfShare(),
        ["GET /admin/queue/{id} task"] = Of(HttpMethod.Get, _ => "admin/queue/1000"),
        ["POST /admin/queue/batch/delete task"] = Of(HttpMethod.Post, _ => "admin/queue/batch/delete", _ => new { ids = new[] { 1000 } }),
        ["GET /admin/user/{id} user"] = Of(HttpMethod.Get, site => $"admin/user/{site.Alice.User.Id}"),
        ["POST /admin/user/batch/delete user"] = Of(HttpMethod.Post, _ => "admin/user/batch/delete", site => new { ids = new[] { site.Alice.User.Id } }),
        ["POST /admin/user/{id}/calibrate user"] = Of(HttpMethod.Post, site => $"admin/user/{site.Alice.User.Id}/calibrate"),
        ["PUT /admin/user/{id} user"] = Of(HttpMethod.Put, site => $"admin/user/{site.Alice.User.Id}", _ => new { user = new { status = "manual_banned" } }),
    };

    private static Func<TwoUsers, Task<Attempt>> OfFile(HttpMethod method, Func<FileRecord, long, string> path, Func<FileRecord, object>? body = null) => async site =>
    {
        var (file, share) = await PrepareAsync(site);
        return Attempt.Of(method, path(file, share), body?.Invoke(file));
    };

    private static Func<TwoUsers, Task<Attempt>> OfShare() => async site =>
        Attempt.Of(HttpMethod.Post, "admin/share/batch/delete", new { ids = new[] { (await PrepareAsync(site)).Share } });

    /// <summary>A file of the first user, and a link to it.</summary>
    private static async Task<(FileRecord File, long Share)> PrepareAsync(TwoUsers site)
    {
        var path = site.NewPath("administered.txt");
        var file = await site.App.AddFileAsync(site.Alice.User, "/" + path, [1, 2, 3]);
        await TwoUsers.SucceedAsync(site.Alice.Client.SendApiAsync(HttpMethod.Put, "share", new { uri = site.Alice.Uri(path) }));
        var shares = await site.App.Services.GetRequiredService<ShareStore>().ListAsync(site.Alice.User.Id);
        return (file, shares.Single(share => share.FileId == file.Id).Id);
    }

    private static Func<TwoUsers, Task<Attempt>> Of(HttpMethod method, Func<TwoUsers, string> path, Func<TwoUsers, object>? body = null) =>
        site => Task.FromResult(Attempt.Of(method, path(site), body?.Invoke(site)));
}
