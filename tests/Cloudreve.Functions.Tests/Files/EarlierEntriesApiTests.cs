using System.IO.Compression;
using System.Net;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

/// <summary>Entries as earlier releases stored them, which can no longer be created.</summary>
public sealed class EarlierEntriesApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const string Redirect = "sys:shared_redirect";

    private AppFixture App => shared.App;

    public static TheoryData<string> Names => ["nul\u0000.txt", "line\n.txt", "tab\t", "\u007F\u0085.txt", "é\u0001 文件.txt"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Given_a_file_with_control_characters_in_its_name_when_used_then_all_but_naming_works(string name)
    {
        const int ArchiveGroup = 41;
        await App.ChangeGroupAsync(Group.UserId, g => g with { Id = ArchiveGroup, Permissions = g.Permissions.With((int)GroupPermission.ArchiveDownload, value: true) });
        var (owner, user) = await App.NewUserAsync(ArchiveGroup);
        await StoreAsync(user, name, [1, 2, 3]);

        var listed = Assert.Single((await ListAsync(owner, "cloudreve://my")).EnumerateArray());
        Assert.Equal(name, listed.GetProperty("name").GetString());
        var uri = listed.GetProperty("path").GetString()!;
        Assert.Equal(3, (await owner.GetApiAsync($"file/info?uri={Uri.EscapeDataString(uri)}")).Data.GetProperty("size").GetInt64());
        Assert.Equal([1, 2, 3], await DownloadAsync(await owner.AddressAsync(uri)));
        Assert.Equal([1, 2, 3], await DownloadAsync(await owner.AddressAsync(uri, new { uris = new[] { uri }, download = true })));
        Assert.Equal(3, Assert.Single(await UnzipAsync(owner, uri)).Length);
        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Patch, "file/metadata", new { uris = new[] { uri }, patches = new[] { new { key = "tag:a", value = "" } } })).Code);
        Assert.Equal(40052, (await owner.PostApiAsync("file/rename", new { uri, new_name = "other\u0001" })).Code);
        Assert.Equal(0, (await owner.PostApiAsync("file/rename", new { uri, new_name = "new.txt" })).Code);
        Assert.Equal("new.txt", Assert.Single((await ListAsync(owner, "cloudreve://my")).EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Given_a_folder_with_a_control_character_when_changed_in_any_way_then_it_is_like_others()
    {
        var (owner, user) = await App.NewUserAsync();
        var folder = await StoreAsync(user, "bad\u0001", null);
        await StoreAsync(user, "in\u0002.txt", [1], folder.Id);
        Assert.Equal(0, (await owner.PostApiAsync("file/create", new { uri = "cloudreve://my/to", type = "folder" })).Code);

        Assert.Equal(0, (await owner.PostApiAsync("file/move", new { uris = new[] { "cloudreve://my/bad%01" }, dst = "cloudreve://my/to" })).Code);
        Assert.Equal("in\u0002.txt", Assert.Single((await ListAsync(owner, "cloudreve://my/to/bad%01")).EnumerateArray()).GetProperty("name").GetString());
        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/to/bad%01" } })).Code);
        var trashed = Assert.Single((await ListAsync(owner, "cloudreve://trash")).EnumerateArray()).GetProperty("path").GetString()!;
        Assert.Equal(0, (await owner.PostApiAsync("file/restore", new { uris = new[] { trashed } })).Code);
        Assert.Single((await ListAsync(owner, "cloudreve://my/to/bad%01")).EnumerateArray());

        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/to/bad%01" }, skip_soft_delete = true })).Code);

        Assert.Empty((await ListAsync(owner, "cloudreve://my/to")).EnumerateArray());
        Assert.Empty((await ListAsync(owner, "cloudreve://trash")).EnumerateArray());
    }

    [Theory]
    [InlineData("file/info?uri=cloudreve%3A%2F%2Fmy%2Fmarked")]
    [InlineData("file?uri=cloudreve%3A%2F%2Fmy%2Fmarked")]
    [InlineData("file?uri=cloudreve%3A%2F%2Fmy%2Fmarked%2Fdeep")]
    public async Task Given_a_folder_marked_as_a_shortcut_when_its_owner_looks_at_it_then_its_content_is_back(string request)
    {
        var (owner, user) = await App.NewUserAsync();
        var marked = await StoreAsync(user, "marked", null, isMarked: true);
        var deep = await StoreAsync(user, "deep", null, marked.Id);
        await StoreAsync(user, "a.txt", [1], deep.Id);
        Assert.True(Assert.Single((await ListAsync(owner, "cloudreve://my")).EnumerateArray()).GetProperty("metadata").TryGetProperty(Redirect, out _));

        Assert.Equal(0, (await owner.GetApiAsync(request + (request.StartsWith("file?", StringComparison.Ordinal) ? "&page_size=10" : ""))).Code);

        var listed = Assert.Single((await ListAsync(owner, "cloudreve://my")).EnumerateArray());
        Assert.False(listed.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty(Redirect, out _));
        Assert.Equal("a.txt", Assert.Single((await ListAsync(owner, "cloudreve://my/marked/deep")).EnumerateArray()).GetProperty("name").GetString());
    }

    [Fact]
    public async Task Given_an_empty_folder_with_the_mark_when_it_is_opened_then_it_is_a_shortcut()
    {
        var (owner, user) = await App.NewUserAsync();
        await StoreAsync(user, "shortcut", null, isMarked: true);

        Assert.Equal(403, (await owner.GetApiAsync("file?uri=cloudreve%3A%2F%2Fmy%2Fshortcut&page_size=10")).Code);
        Assert.Equal(0, (await owner.PostApiAsync("file/rename", new { uri = "cloudreve://my/shortcut", new_name = "other" })).Code);
        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/other" }, skip_soft_delete = true })).Code);
        Assert.Empty((await ListAsync(owner, "cloudreve://my")).EnumerateArray());
    }

    [Fact]
    public async Task Given_a_marked_folder_that_was_never_opened_when_it_is_deleted_then_its_content_goes_too()
    {
        var (owner, user) = await App.NewUserAsync();
        var marked = await StoreAsync(user, "marked", null, isMarked: true);
        var inside = await StoreAsync(user, "a.txt", [1], marked.Id);

        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Delete, "file", new { uris = new[] { "cloudreve://my/marked" }, skip_soft_delete = true })).Code);

        Assert.Null(await App.Services.GetRequiredService<EntriesById>().FindAsync(inside.Id));
    }

    [Fact]
    public async Task Given_a_file_that_was_marked_as_a_shortcut_when_it_is_fetched_then_it_is_a_file()
    {
        var (owner, user) = await App.NewUserAsync();
        await StoreAsync(user, "a.txt", [1, 2], isMarked: true);

        Assert.Equal([1, 2], await DownloadAsync(await owner.AddressAsync("cloudreve://my/a.txt")));
        Assert.Equal(0, (await owner.SendApiAsync(HttpMethod.Put, "share", new { uri = "cloudreve://my/a.txt" })).Code);
    }

    /// <summary>Writes an entry as the rows of an earlier release, without today's checks.</summary>
    private async Task<FileRecord> StoreAsync(User user, string name, byte[]? content, long? folderId = null, bool isMarked = false)
    {
        var entity = content is null ? null : await App.AddEntityAsync(user, content);
        var now = DateTimeOffset.UtcNow;
        var entry = new FileRecord
        {
            Id = await App.Services.GetRequiredService<IdAllocator>().NextAsync(IdKind.File),
            ParentId = folderId ?? DriveRoots.RootId(user.Id),
            OwnerId = user.Id,
            Type = content is null ? FileType.Folder : FileType.File,
            Name = name,
            Size = content?.Length ?? 0,
            PrimaryEntityId = entity?.Id ?? 0,
            CreatedAt = now,
            UpdatedAt = now,
            Metadata = isMarked ? new Dictionary<string, string> { [Redirect] = "cloudreve://share1@share", ["sys:shared_owner"] = "!!" } : [],
        };
        var writer = new FolderWriter(App.Layout);
        await writer.PrepareAsync([entry]);
        Assert.Empty(await writer.InsertAsync(entry.ParentId, [entry]));
        return entry;
    }

    private static async Task<JsonElement> ListAsync(HttpClient client, string uri) =>
        (await client.GetApiAsync($"file?uri={Uri.EscapeDataString(uri)}&page_size=100")).Data.GetProperty("files");

    private static async Task<byte[]> DownloadAsync(Uri address)
    {
        using var client = new HttpClient();
        using var answer = await client.GetAsync(address);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task<IReadOnlyCollection<ZipArchiveEntry>> UnzipAsync(HttpClient client, string uri)
    {
        var bytes = await DownloadAsync(await client.AddressAsync(uri, new { uris = new[] { uri }, archive = true }));
        return new ZipArchive(new MemoryStream(bytes)).Entries;
    }
}
