namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>Requests of the administration, which no ordinary user may send, the owner included.</summary>
internal static class AdministrationAttempts
{
    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["GET /admin/user/{id} user"] = Of(HttpMethod.Get, site => $"admin/user/{site.Alice.User.Id}"),
        ["POST /admin/user/batch/delete user"] = Of(HttpMethod.Post, _ => "admin/user/batch/delete", site => new { ids = new[] { site.Alice.User.Id } }),
        ["POST /admin/user/{id}/calibrate user"] = Of(HttpMethod.Post, site => $"admin/user/{site.Alice.User.Id}/calibrate"),
        ["PUT /admin/user/{id} user"] = Of(HttpMethod.Put, site => $"admin/user/{site.Alice.User.Id}", _ => new { user = new { status = "manual_banned" } }),
    };

    private static Func<TwoUsers, Task<Attempt>> Of(HttpMethod method, Func<TwoUsers, string> path, Func<TwoUsers, object>? body = null) =>
        site => Task.FromResult(Attempt.Of(method, path(site), body?.Invoke(site)));
}
