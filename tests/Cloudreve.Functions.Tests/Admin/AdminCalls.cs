using System.Globalization;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Admin;

/// <summary>Calls of the administration, and content to administer.</summary>
internal static class AdminCalls
{
    /// <summary>Transactions of each call that check whether the administrator's sign-in is still valid.</summary>
    public const int SignInCheck = 2;

    /// <summary>A page of a list: its rows and the total.</summary>
    public static async Task<AdminList> ListAsync(
        this HttpClient admin, string path, string name, int page = 1, int size = 100, string order = "", string direction = "",
        Dictionary<string, string>? filters = null)
    {
        var answer = await admin.PostApiAsync(path, new { page, page_size = size, order_by = order, order_direction = direction, conditions = filters });
        Assert.True(answer.Code == 0, answer.Msg);
        return new AdminList([.. answer.Data.GetProperty(name).EnumerateArray()], answer.Data.GetProperty("pagination").GetProperty("total_items").GetInt64());
    }

    /// <summary>Deletes things; the code, and the inner codes of those that failed.</summary>
    public static async Task<(int Code, string Failures)> DeleteManyAsync(this HttpClient admin, string path, params long[] ids)
    {
        var answer = await admin.PostApiAsync(path + "/batch/delete", new { ids });
        var failures = answer.Root.TryGetProperty("aggregated_error", out var errors)
            ? errors.EnumerateObject().Select(error => $"{error.Name}: {error.Value.GetProperty("code").GetInt32()}").Order(StringComparer.Ordinal)
            : Enumerable.Empty<string>();
        return (answer.Code, string.Join(", ", failures));
    }

    /// <summary>Writes content as a user does, a new version where there is a file.</summary>
    public static async Task<FileRecord> PutContentAsync(this AppFixture app, HttpClient client, User user, string path, byte[] content)
    {
        var answer = await client.SendRawAsync(HttpMethod.Put, "file/content?uri=" + Uri.EscapeDataString("cloudreve://my" + path), new ByteArrayContent(content));
        Assert.True(answer.Code == 0, answer.Msg);
        return (await app.Services.GetRequiredService<EntriesByPath>().FindAsync(user.Id, FilePath.ParsePlain(path)))!;
    }

    /// <summary>A filter by a number.</summary>
    public static Dictionary<string, string> By(string name, long value) => new() { [name] = value.ToString(CultureInfo.InvariantCulture) };
}

/// <summary>A page of a list.</summary>
/// <param name="Total">The total number.</param>
internal sealed record AdminList(IReadOnlyList<JsonElement> Rows, long Total)
{
    /// <summary>The ids of the rows.</summary>
    public long[] Ids => [.. Rows.Select(row => row.GetProperty("id").GetInt64())];
}
