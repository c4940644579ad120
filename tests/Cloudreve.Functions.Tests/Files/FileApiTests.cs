using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class FileApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_an_empty_drive_when_it_is_listed_then_the_root_is_the_parent_and_the_policy_direct()
    {
        var (client, _) = await NewUserAsync();

        var data = (await client.GetApiAsync(List("cloudreve://my"))).Data;

        Assert.Empty(data.GetProperty("files").EnumerateArray());
        Assert.Equal("cloudreve://my", data.GetProperty("parent").GetProperty("path").GetString());
        Assert.Equal("s3", data.GetProperty("storage_policy").GetProperty("type").GetString());
        Assert.Equal(2000, data.GetProperty("props").GetProperty("max_page_size").GetInt32());
        Assert.True(data.GetProperty("pagination").GetProperty("is_cursor").GetBoolean());
    }

    [Fact]
    public async Task Given_files_and_folders_when_listed_by_name_page_by_page_then_folders_come_first()
    {
        var (client, _) = await NewUserAsync();
        foreach (var name in (string[])["b.txt", "a.txt"])
            await CreateAsync(client, $"cloudreve://my/{name}", "file");
        foreach (var name in (string[])["z", "y"])
            await CreateAsync(client, $"cloudreve://my/{name}", "folder");

        var names = new List<string>();
        var token = "";
        do
        {
            var data = (await client.GetApiAsync(List("cloudreve://my") + $"&page_size=1&order_by=name&order_direction=asc&next_page_token={token}")).Data;
            names.AddRange(data.GetProperty("files").EnumerateArray().Select(f => f.GetProperty("name").GetString()!));
            token = data.GetProperty("pagination").TryGetProperty("next_token", out var next) ? next.GetString()! : "";
        }
        while (token.Length > 0);

        Assert.Equal(["y", "z", "a.txt", "b.txt"], names);
    }

    [Fact]
    public async Task Given_missing_parents_when_a_file_is_created_then_they_are_created_and_paths_escaped()
    {
        var (client, _) = await NewUserAsync();

        var file = (await CreateAsync(client, "cloudreve://my/n%C3%A9w/a%20%23b.txt", "file")).Data;

        Assert.Equal("a #b.txt", file.GetProperty("name").GetString());
        Assert.Equal("cloudreve://my/n%C3%A9w/a%20%23b.txt", file.GetProperty("path").GetString());
        Assert.Equal(JsonValueKind.Null, file.GetProperty("metadata").ValueKind);
        Assert.Equal("néw", (await client.GetApiAsync(List("cloudreve://my"))).Data.GetProperty("files")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task Given_an_existing_object_when_it_is_created_again_then_the_type_and_the_flag_decide()
    {
        var (client, _) = await NewUserAsync();
        var id = (await CreateAsync(client, "cloudreve://my/x", "folder")).Data.GetProperty("id").GetString();

        Assert.Equal(id, (await CreateAsync(client, "cloudreve://my/x", "folder")).Data.GetProperty("id").GetString());
        Assert.Equal(40004, (await client.PostApiAsync("file/create", new { uri = "cloudreve://my/x", type = "folder", err_on_conflict = true })).Code);
        Assert.Equal(40004, (await CreateAsync(client, "cloudreve://my/x", "file")).Code);
    }

    [Theory]
    [InlineData("cloudreve://my/a%7Cb", "file", 40052)]
    [InlineData("cloudreve://my/..", "file", 40001)]
    [InlineData("http://my/x", "file", 40001)]
    [InlineData("cloudreve://my/%FF", "file", 40001)]
    [InlineData("cloudreve://my", "folder", 403)]
    [InlineData("cloudreve://my/x", "symlink", 40001)]
    public async Task Given_a_bad_creation_when_it_is_sent_then_the_documented_code_answers_and_nothing_is_there(string uri, string type, int code)
    {
        var (client, _) = await NewUserAsync();

        Assert.Equal(code, (await CreateAsync(client, uri, type)).Code);

        Assert.Empty((await client.GetApiAsync(List("cloudreve://my"))).Data.GetProperty("files").EnumerateArray());
    }

    [Fact]
    public async Task Given_somebody_elses_drive_when_it_is_listed_then_it_is_denied()
    {
        var (client, _) = await NewUserAsync();
        var other = (await App.GetSiteAsync()).HashIds.Encode((await App.CreateUserAsync()).Id, HashIdKind.User);

        Assert.Equal(403, (await client.GetApiAsync(List($"cloudreve://{other}@my"))).Code);
        Assert.Equal(401, (await App.CreateClient().GetApiAsync(List("cloudreve://my"))).Code);
        Assert.Equal(40016, (await client.GetApiAsync(List("cloudreve://my/none"))).Code);
    }

    [Fact]
    public async Task Given_a_file_when_its_details_are_asked_by_uri_or_id_then_only_its_owner_gets_them()
    {
        var (client, user) = await NewUserAsync();
        var file = await AddFileAsync(user, "/deep/er/a.bin", new byte[7]);
        var id = (await App.GetSiteAsync()).HashIds.Encode(file.Id, HashIdKind.File);
        var (stranger, _) = await NewUserAsync();

        var byUri = (await client.GetApiAsync("file/info?extended=true&uri=" + Uri.EscapeDataString("cloudreve://my/deep/er/a.bin"))).Data;
        var byId = (await client.GetApiAsync("file/info?id=" + id)).Data;

        Assert.Equal(id, byUri.GetProperty("id").GetString());
        Assert.Equal(7, byUri.GetProperty("extended_info").GetProperty("storage_used").GetInt64());
        Assert.Equal("cloudreve://my/deep/er/a.bin", byId.GetProperty("path").GetString());
        Assert.Equal(40082, (await stranger.GetApiAsync("file/info?id=" + id)).Code);
        Assert.Equal(403, (await client.GetApiAsync("file/info?uri=cloudreve%3A%2F%2Fmy")).Code);
    }

    [Fact]
    public async Task Given_a_folder_when_its_summary_is_asked_then_everything_below_it_is_counted()
    {
        var (client, user) = await NewUserAsync();
        await AddFileAsync(user, "/top/a.bin", new byte[5]);
        await AddFileAsync(user, "/top/x/y/b.bin", new byte[7]);

        var summary = (await client.GetApiAsync("file/info?folder_summary=true&uri=" + Uri.EscapeDataString("cloudreve://my/top"))).Data.GetProperty("folder_summary");

        Assert.Equal(12, summary.GetProperty("size").GetInt64());
        Assert.Equal(2, summary.GetProperty("files").GetInt64());
        Assert.Equal(2, summary.GetProperty("folders").GetInt64());
        Assert.True(summary.GetProperty("completed").GetBoolean());
    }

    [Fact]
    public async Task Given_a_file_on_a_direct_policy_when_its_address_is_requested_then_it_serves_the_bytes()
    {
        var (client, user) = await NewUserAsync();
        var content = Enumerable.Range(0, 1000).Select(i => (byte)i).ToArray();
        await AddFileAsync(user, "/my file.bin", content);

        var urls = (await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/my%20file.bin" }, download = true })).Data;

        using var plain = new HttpClient();
        using var answer = await plain.GetAsync(new Uri(urls.GetProperty("urls")[0].GetProperty("url").GetString()!));
        Assert.Equal(content, await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal("attachment", answer.Content.Headers.ContentDisposition!.DispositionType);
        Assert.True(urls.GetProperty("expires").GetDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(30));
    }

    [Fact]
    public async Task Given_folders_and_missing_files_when_addresses_are_requested_then_errors_are_as_documented()
    {
        var (client, user) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/folder", "folder");
        await AddFileAsync(user, "/ok.bin", new byte[1]);

        var failed = await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/folder", "cloudreve://my/ok.bin", "cloudreve://my/none" } });
        Assert.Equal(40081, failed.Code);
        var items = failed.Root.GetProperty("aggregated_error");
        Assert.Equal(40077, items.GetProperty("cloudreve://my/folder").GetProperty("code").GetInt32());
        Assert.Equal(40016, items.GetProperty("cloudreve://my/none").GetProperty("code").GetInt32());
        Assert.Equal(2, items.EnumerateObject().Count());
        var skipped = (await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/none", "cloudreve://my/ok.bin" }, skip_error = true })).Data.GetProperty("urls");
        Assert.Equal("", skipped[0].GetProperty("url").GetString());
        Assert.NotEqual("", skipped[1].GetProperty("url").GetString());
    }

    [Fact]
    public async Task Given_a_policy_that_streams_when_content_is_fetched_then_ranges_and_signatures_work()
    {
        var (client, user) = await NewUserAsync();
        var content = Enumerable.Range(0, 1000).Select(i => (byte)(i % 251)).ToArray();
        await AddFileAsync(user, "/ä b.bin", content, await ProxiedPolicyAsync());
        var url = new Uri((await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/%C3%A4%20b.bin" } })).Data.GetProperty("urls")[0].GetProperty("url").GetString()!);
        using var plain = new HttpClient();

        Assert.Equal(content, await plain.GetByteArrayAsync(url));
        Assert.Equal($"206 bytes 10-19/1000 {Convert.ToHexString(content[10..20])}", await RangeAsync(plain, url, new RangeHeaderValue(10, 19)));
        Assert.Equal($"206 bytes 990-999/1000 {Convert.ToHexString(content[990..])}", await RangeAsync(plain, url, new RangeHeaderValue(null, 10)));
        Assert.Equal("416 bytes */1000 ", await RangeAsync(plain, url, new RangeHeaderValue(1000, null)));
        using var head = await plain.SendAsync(new HttpRequestMessage(HttpMethod.Head, url));
        Assert.Equal(1000, head.Content.Headers.ContentLength);
        Assert.Equal("sandbox", head.Headers.GetValues("Content-Security-Policy").Single());
        using var forged = await plain.GetAsync(new Uri(url.AbsoluteUri.Replace("sign=", "sign=x", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
        using var otherName = await plain.GetAsync(new Uri(url.AbsoluteUri.Replace("b.bin", "c.bin", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, otherName.StatusCode);
    }

    [Fact]
    public async Task Given_an_empty_file_when_its_address_is_asked_then_it_serves_no_bytes()
    {
        var (client, _) = await NewUserAsync();
        await CreateAsync(client, "cloudreve://my/empty.txt", "file");

        var url = (await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/empty.txt" } })).Data.GetProperty("urls")[0].GetProperty("url").GetString()!;

        using var plain = new HttpClient();
        Assert.Empty(await plain.GetByteArrayAsync(new Uri(url)));
    }

    [Fact]
    public async Task Given_warm_caches_when_a_page_is_listed_or_an_address_made_then_the_budget_is_kept()
    {
        var (client, user) = await NewUserAsync();
        await AddFileAsync(user, "/a/b/c.bin", new byte[3]);
        await client.GetApiAsync(List("cloudreve://my/a/b"));

        Assert.InRange(await CountAsync(() => client.GetApiAsync(List("cloudreve://my/a/b") + "&order_by=name")), 1, 3 + 3);
        Assert.InRange(await CountAsync(() => client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/a/b/c.bin" } })), 1, 4 + 2);
        Assert.InRange(await CountAsync(() => CreateAsync(client, "cloudreve://my/a/b/new", "folder")), 1, 4 + 8);
    }

    private async Task<long> CountAsync(Func<Task> call)
    {
        var before = App.Account.Transactions.Total;
        await call();
        return App.Account.Transactions.Total - before;
    }

    private static async Task<string> RangeAsync(HttpClient client, Uri url, RangeHeaderValue range)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Range = range;
        using var answer = await client.SendAsync(request);
        return $"{(int)answer.StatusCode} {answer.Content.Headers.ContentRange} {Convert.ToHexString(await answer.Content.ReadAsByteArrayAsync())}";
    }

    private async Task<(HttpClient Client, User User)> NewUserAsync()
    {
        var user = await App.CreateUserAsync();
        return (await App.SignInAsync(user.Email), user);
    }

    private async Task<int> ProxiedPolicyAsync()
    {
        var catalog = App.Services.GetRequiredService<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(1);
        await catalog.SavePolicyAsync(policy with { Id = 7, Settings = policy.Settings with { InternalProxy = true } });
        return 7;
    }

    private async Task<FileRecord> AddFileAsync(User user, string path, byte[] content, int policyId = 1)
    {
        var name = $"test/{Guid.NewGuid():N}";
        await App.Layout.Container(App.Layout.FilesContainerName).WriteAsync(name, BinaryData.FromBytes(content));
        var entity = new EntityRecord
        {
            Id = await App.Services.GetRequiredService<IdAllocator>().NextAsync(IdKind.Entity),
            Size = content.Length,
            PolicyId = policyId,
            Source = name,
            CreatedBy = user.Id,
            CreatedAt = DateTimeOffset.UtcNow,
        };
        await App.Services.GetRequiredService<EntityStore>().WriteNewAsync([entity]);
        return await App.Services.GetRequiredService<EntryCreation>().CreateAsync(
            user.Id, FilePath.ParsePlain(path), new NewEntry(FileType.File) { EntityId = entity.Id, Size = content.Length }, failIfExists: true);
    }

    private static string List(string uri) => "file?uri=" + Uri.EscapeDataString(uri);

    private static Task<ApiAnswer> CreateAsync(HttpClient client, string uri, string type) => client.PostApiAsync("file/create", new { uri, type });
}
