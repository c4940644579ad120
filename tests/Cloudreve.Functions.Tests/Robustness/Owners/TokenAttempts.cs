using Cloudreve.Functions.Tests.App;

namespace Cloudreve.Functions.Tests.Robustness.Owners;

/// <summary>
/// Requests for the next page of a list with the token that the first user got for a list of the own. Both users have a folder at the same
/// path, so the request is the same to the letter.
/// </summary>
internal static class TokenAttempts
{
    /// <summary>By the key of the table's row.</summary>
    public static IReadOnlyDictionary<string, Func<TwoUsers, Task<Attempt>>> All { get; } = new Dictionary<string, Func<TwoUsers, Task<Attempt>>>
    {
        ["GET /file page token"] = site => ListAsync(site, "", "page_size=1"),
        ["GET /file token of a descending page"] = site => ListAsync(site, "", "page_size=1&order_direction=desc"),
        ["GET /file token of a sorted page"] = site => ListAsync(site, "", "page_size=1&order_by=size&order_direction=desc"),
        ["GET /file token of a search"] = site => ListAsync(site, "?name=secret", "page_size=1"),
        ["GET /file/activities page token"] = ActivitiesAsync,
    };

    private static async Task<Attempt> ListAsync(TwoUsers site, string query, string page)
    {
        var folder = await CreateAsync(site);
        for (var i = 0; i < 3; i++)
            await TwoUsers.WriteAsync(site.Alice, $"{folder}/below/secret-{i}.txt", new byte[i]);
        var uri = Uri.EscapeDataString($"cloudreve://my/{folder}{(query.Length == 0 ? "/below" : "")}{query}");
        return await NextAsync(site, $"file?uri={uri}&{page}", "secret-");
    }

    private static async Task<Attempt> ActivitiesAsync(TwoUsers site)
    {
        var folder = await CreateAsync(site);
        for (var i = 0; i < 12; i++)
        {
            await TwoUsers.SucceedAsync(site.Alice.Client.SendApiAsync(
                HttpMethod.Patch, "file/view", new { uri = site.Alice.Uri(folder), view = new { page_size = 50 + i } }));
        }
        return await NextAsync(site, $"file/activities?page_size=10&uri={Uri.EscapeDataString("cloudreve://my/" + folder)}", site.Alice.User.Email);
    }

    private static async Task<string> CreateAsync(TwoUsers site)
    {
        var folder = site.NewPath("listed");
        foreach (var person in (Person[])[site.Alice, site.Bob])
            await TwoUsers.CreateAsync(person, folder + "/below", "folder");
        return folder;
    }

    private static async Task<Attempt> NextAsync(TwoUsers site, string path, string told)
    {
        var first = await TwoUsers.SucceedAsync(site.Alice.Client.GetApiAsync(path));
        var token = first.GetProperty("pagination").GetProperty("next_token").GetString()!;
        return Attempt.Of(HttpMethod.Get, $"{path}&next_page_token={Uri.EscapeDataString(token)}") with { Revealed = told };
    }
}
