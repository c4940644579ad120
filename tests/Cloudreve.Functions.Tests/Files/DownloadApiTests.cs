using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Signing;
using Cloudreve.Core.Content.Archives.Downloads;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Files.Downloads;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class DownloadApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_many_files_when_addresses_are_requested_then_each_folder_is_found_once()
    {
        var (client, user) = await App.NewUserAsync();
        var names = Enumerable.Range(0, 20).Select(i => i.ToString("d2", CultureInfo.InvariantCulture)).ToList();
        foreach (var name in names)
            await App.AddFileAsync(user, $"/a/b/{name}.bin", [1]);
        await client.AddressAsync("cloudreve://my/a/b/00.bin");
        var before = App.Account.Transactions.Total;

        var urls = (await client.PostApiAsync("file/url", new { uris = names.Select(n => $"cloudreve://my/a/b/{n}.bin") })).Data.GetProperty("urls");

        // Two folders, each file's name, and one or two blocks of ids of their blobs.
        Assert.InRange(App.Account.Transactions.Total - before, 2 + 20 + 1, 2 + 20 + 2);
        Assert.All(names.Zip(urls.EnumerateArray()), pair =>
            Assert.Contains($"{pair.First}.bin", Uri.UnescapeDataString(pair.Second.GetProperty("url").GetString()!), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_one_file_when_a_redirect_is_asked_then_the_answer_leads_there()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/r.bin", [1, 2, 3]);

        using var answer = await client.PostAsync(
            "/api/v4/file/url", new StringContent("""{"uris":["cloudreve://my/r.bin"],"redirect":true}""", System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        using var plain = new HttpClient();
        Assert.Equal([1, 2, 3], await plain.GetByteArrayAsync(answer.Headers.Location));
    }

    [Fact]
    public async Task Given_an_address_handed_out_before_when_requested_again_then_it_is_the_same_for_a_while()
    {
        var clock = new FakeTimeProvider();
        var site = await App.GetSiteAsync();
        var addresses = new DownloadAddresses(App.Services.GetRequiredService<SiteCatalog>(), App.Services.GetRequiredService<PolicyContainers>(), clock);
        var target = new DownloadTarget(null, "empty.txt", IsDownload: false, BytesPerSecond: 0);
        var first = await addresses.MakeAsync(site, "https://x", target, isFresh: false, TestContext.Current.CancellationToken);

        clock.Advance(TimeSpan.FromMinutes(49));
        Assert.Same(first, await addresses.MakeAsync(site, "https://x", target, isFresh: false, TestContext.Current.CancellationToken));
        Assert.NotEqual(first.Url, (await addresses.MakeAsync(site, "https://x", target with { IsDownload = true }, isFresh: false, TestContext.Current.CancellationToken)).Url);
        clock.Advance(TimeSpan.FromMinutes(2));
        var second = await addresses.MakeAsync(site, "https://x", target, isFresh: false, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromMinutes(1));
        var third = await addresses.MakeAsync(site, "https://x", target, isFresh: true, TestContext.Current.CancellationToken);

        Assert.Equal(3, new[] { first, second, third }.Select(a => a.Url).Distinct().Count());
        Assert.Equal(TimeSpan.FromMinutes(51), second.Expires - first.Expires);
    }

    [Fact]
    public async Task Given_older_versions_when_one_is_requested_then_its_content_comes()
    {
        var (client, user) = await App.NewUserAsync();
        var file = await App.AddFileAsync(user, "/v.txt", [2]);
        var other = await App.AddFileAsync(user, "/w.txt", [3]);
        var old = await App.AddEntityAsync(user, [1]);
        await App.Services.GetRequiredService<EntryUpdates>().UpdateAsync(file, f => f with { OtherEntities = [new EntityLink(old.Id, EntityType.Version, 1, DateTimeOffset.UtcNow)] });
        var hashIds = (await App.GetSiteAsync()).HashIds;

        var url = await client.AddressAsync("", new { uris = new[] { "cloudreve://my/v.txt" }, entity = hashIds.Encode(old.Id, HashIdKind.Entity) });
        var wrong = await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/v.txt" }, entity = hashIds.Encode(other.PrimaryEntityId, HashIdKind.Entity) });

        using var plain = new HttpClient();
        Assert.Equal([1], await plain.GetByteArrayAsync(url));
        Assert.Equal(40077, wrong.Root.GetProperty("aggregated_error").GetProperty("cloudreve://my/v.txt").GetProperty("code").GetInt32());
        Assert.Equal(40001, (await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/v.txt" }, entity = "!" })).Code);
    }

    [Fact]
    public async Task Given_a_group_with_a_speed_limit_when_content_passes_the_site_then_the_address_says_so()
    {
        await App.ChangeGroupAsync(Group.AdminId, g => g with { SpeedLimit = 123_456 });
        var user = await App.CreateUserAsync(groupId: Group.AdminId);
        var client = await App.SignInAsync(user.Email);
        await App.AddProxiedPolicyAsync();
        await App.AddFileAsync(user, "/s.bin", new byte[10], SiteFiles.ProxiedPolicy);

        var url = await client.AddressAsync("cloudreve://my/s.bin");

        Assert.Contains("/123456/s.bin", url.AbsolutePath, StringComparison.Ordinal);
        using var plain = new HttpClient();
        Assert.Equal(10, (await plain.GetByteArrayAsync(url)).Length);
        using var faster = await plain.GetAsync(new Uri(url.AbsoluteUri.Replace("/123456/", "/0/", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, faster.StatusCode);
    }

    [Fact]
    public async Task Given_the_policy_lets_browsers_save_when_an_address_is_made_then_the_name_goes_along()
    {
        var catalog = App.Services.GetRequiredService<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(1);
        await catalog.SavePolicyAsync(policy with { Id = 8, Settings = policy.Settings with { StreamSaver = true } });
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/näme.bin", [1], 8);

        var answer = await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/n%C3%A4me.bin" } });

        Assert.Equal("näme.bin", answer.Data.GetProperty("urls")[0].GetProperty("stream_saver_display_name").GetString());
    }

    [Theory]
    [InlineData("http://x", 40001)]
    [InlineData("cloudreve://my/%FF", 40001)]
    public async Task Given_a_malformed_uri_when_addresses_are_requested_then_all_fail_unless_errors_are_skipped(string uri, int code)
    {
        var (client, _) = await App.NewUserAsync();

        Assert.Equal(code, (await client.PostApiAsync("file/url", new { uris = new[] { uri } })).Code);
        Assert.Equal("", (await client.PostApiAsync("file/url", new { uris = new[] { uri }, skip_error = true })).Data.GetProperty("urls")[0].GetProperty("url").GetString());
        Assert.Equal(401, (await App.CreateClient().PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/x" } })).Code);
    }

    [Fact]
    public async Task Given_files_and_folders_when_an_archive_is_requested_then_its_names_are_unique()
    {
        var (client, user) = await NewArchiveUserAsync();
        var large = Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7)).ToArray();
        await App.AddFileAsync(user, "/top/a.txt", [1]);
        await App.AddFileAsync(user, "/top/deep/er/größe.bin", large);
        await App.AddFileAsync(user, "/other/a.txt", [2, 3]);
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/top/empty", type = "folder" });
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/top/nothing.txt", type = "file" });
        await client.PostApiAsync("file/create", new
        {
            uri = "cloudreve://my/top/link",
            type = "folder",
            metadata = new Dictionary<string, string> { ["sys:shared_redirect"] = "cloudreve://x@share" },
        });

        var answer = await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/top/a.txt", "cloudreve://my/top", "cloudreve://my/other/a.txt" }, archive = true });

        var url = new Uri(answer.Data.GetProperty("urls")[0].GetProperty("url").GetString()!);
        Assert.Matches("^/api/v4/file/archive/[0-9a-f-]{36}/archive.zip$", url.AbsolutePath);
        using var plain = new HttpClient();
        using var download = await plain.GetAsync(url);
        Assert.Equal("archive.zip", download.Content.Headers.ContentDisposition!.FileName);
        using var zip = new ZipArchive(await download.Content.ReadAsStreamAsync());
        Assert.Equal(
            ["a (1).txt", "a.txt", "top/", "top/a.txt", "top/deep/", "top/deep/er/", "top/deep/er/größe.bin", "top/empty/", "top/nothing.txt"],
            zip.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal));
        Assert.Equal(large, await ReadAsync(zip, "top/deep/er/größe.bin"));
        Assert.Equal([2, 3], await ReadAsync(zip, "a (1).txt"));
        Assert.Empty(await ReadAsync(zip, "top/nothing.txt"));
    }

    [Fact]
    public async Task Given_a_whole_drive_when_its_archive_is_asked_then_its_entries_stand_at_the_top()
    {
        var (client, user) = await NewArchiveUserAsync();
        await App.AddFileAsync(user, "/d/a.txt", [1]);
        await App.AddFileAsync(user, "/b.txt", [2]);

        var url = await client.AddressAsync("", new { uris = new[] { "cloudreve://my" }, archive = true });

        using var plain = new HttpClient();
        using var zip = new ZipArchive(await plain.GetStreamAsync(url));
        Assert.Equal(["b.txt", "d/", "d/a.txt"], zip.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Given_unavailable_files_when_an_archive_is_asked_then_the_documented_codes_answer()
    {
        var (poor, _) = await App.NewUserAsync();
        var (client, user) = await NewArchiveUserAsync();
        await App.AddFileAsync(user, "/there.txt", [1]);

        Assert.Equal(40007, (await poor.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/x" }, archive = true })).Code);
        Assert.Equal(40081, (await client.PostApiAsync("file/url", new { uris = new[] { "cloudreve://my/there.txt", "cloudreve://my/x" }, archive = true })).Code);
        var url = await client.AddressAsync("", new { uris = new[] { "cloudreve://my/there.txt", "cloudreve://my/x" }, archive = true, skip_error = true });
        using var plain = new HttpClient();
        using var zip = new ZipArchive(await plain.GetStreamAsync(url));
        Assert.Single(zip.Entries);
        using var forged = await plain.GetAsync(new Uri(url.AbsoluteUri.Replace("sign=", "sign=x", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);
    }

    [Theory]
    [InlineData(UserStatus.ManualBanned, 600, HttpStatusCode.Forbidden)]
    [InlineData(UserStatus.Active, 600, HttpStatusCode.Forbidden)]
    [InlineData(UserStatus.Active, -1, HttpStatusCode.NotFound)]
    public async Task Given_a_request_that_does_not_hold_any_more_when_its_archive_is_fetched_then_it_is_refused(UserStatus status, int seconds, HttpStatusCode expected)
    {
        // The group may not download archives either.
        var user = await App.CreateUserAsync(status: status);
        var now = DateTimeOffset.UtcNow;
        var id = await App.Services.GetRequiredService<ArchiveSessions>().CreateAsync(new ArchiveRequest(user.Id, ["cloudreve://my"]), now.AddSeconds(seconds));
        var path = ArchiveAddresses.PathOf(id);
        using var plain = new HttpClient { BaseAddress = App.Address };

        using var answer = await plain.GetAsync($"{path}?sign={Uri.EscapeDataString(UrlSigner.Sign(await App.GetSiteAsync(), path, now.AddMinutes(1)))}");

        Assert.Equal(expected, answer.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Given_a_file_whose_content_is_gone_when_an_archive_is_fetched_then_it_is_named(bool isRowGone)
    {
        var (client, user) = await NewArchiveUserAsync();
        await App.AddFileAsync(user, "/d/a.bin", new byte[200_000]);
        var file = isRowGone ? await AddFileWithoutRowAsync(user, "/d/b.bin") : await App.AddFileAsync(user, "/d/b.bin", new byte[200_000]);
        await App.AddFileAsync(user, "/d/c.bin", [3]);
        await App.AddFileAsync(user, "/MISSING FILES.txt", [4]);
        var url = await client.AddressAsync("", new { uris = new[] { "cloudreve://my/d", "cloudreve://my/MISSING%20FILES.txt" }, archive = true });
        if (await App.Services.GetRequiredService<EntityStore>().FindAsync(file.PrimaryEntityId) is { } entity)
            await App.Layout.Container(App.Layout.FilesContainerName).DeleteAsync(entity.Source);
        using var plain = new HttpClient();

        using var zip = new ZipArchive(await plain.GetStreamAsync(url));

        Assert.Equal(
            ["MISSING FILES (1).txt", "MISSING FILES.txt", "d/", "d/a.bin", "d/c.bin"],
            zip.Entries.Select(e => e.FullName).Order(StringComparer.Ordinal));
        Assert.Equal([3], await ReadAsync(zip, "d/c.bin"));
        Assert.Equal([4], await ReadAsync(zip, "MISSING FILES.txt"));
        Assert.Contains("d/b.bin: Its content does not exist.", Encoding.UTF8.GetString(await ReadAsync(zip, "MISSING FILES (1).txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_drive_and_what_is_in_it_when_both_are_chosen_then_names_in_the_archive_are_unique()
    {
        var (client, user) = await NewArchiveUserAsync();
        await App.AddFileAsync(user, "/d/a.txt", [1]);
        await App.AddFileAsync(user, "/d/A.TXT", [2]);
        await App.AddFileAsync(user, "/a.txt", [3]);

        var url = await client.AddressAsync("", new { uris = new[] { "cloudreve://my/d/a.txt", "cloudreve://my/d", "cloudreve://my" }, archive = true });

        using var plain = new HttpClient();
        using var zip = new ZipArchive(await plain.GetStreamAsync(url));
        var names = zip.Entries.Select(e => e.FullName).ToList();
        Assert.Equal(8, names.Count);
        Assert.Equal(names.Count, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal([1], await ReadAsync(zip, "a.txt"));
        Assert.Equal([3], await ReadAsync(zip, "a (1).txt"));
    }

    private Task<FileRecord> AddFileWithoutRowAsync(User user, string path) => App.Services.GetRequiredService<EntryCreation>().CreateAsync(
        user.Id, FilePath.ParsePlain(path), new NewEntry(FileType.File) { EntityId = 987_654_321, Size = 5 }, failIfExists: true);

    /// <summary>A user whose group may download archives.</summary>
    private async Task<(HttpClient Client, User User)> NewArchiveUserAsync()
    {
        const int ArchiveGroup = 40;
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = ArchiveGroup, Permissions = g.Permissions.With((int)GroupPermission.ArchiveDownload, value: true) });
        return await App.NewUserAsync(ArchiveGroup);
    }

    private static async Task<byte[]> ReadAsync(ZipArchive zip, string name)
    {
        await using var content = await zip.GetEntry(name)!.OpenAsync();
        using var bytes = new MemoryStream();
        await content.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}
