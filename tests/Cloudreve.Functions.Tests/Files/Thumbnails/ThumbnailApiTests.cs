using System.Net;
using System.Text.Json;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files.Uploads;
using ImageMagick;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Thumbnails;

public sealed class ThumbnailApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private const int ProxiedPolicyId = 7;

    private AppFixture App => shared.App;

    [Fact]
    public async Task Given_a_picture_on_a_direct_policy_when_its_thumbnail_is_requested_then_storage_serves_it()
    {
        var (client, user) = await NewUserAsync();
        await AddFileAsync(user, "/photos/my cat.jpg", Photo());

        var data = (await client.GetApiAsync(Thumb("cloudreve://my/photos/my%20cat.jpg"))).Data;

        using var plain = new HttpClient();
        using var answer = await plain.GetAsync(new Uri(data.GetProperty("url").GetString()!));
        Assert.Equal("image/png", answer.Content.Headers.ContentType!.MediaType);
        Assert.Equal("inline", answer.Content.Headers.ContentDisposition!.DispositionType);
        using var thumbnail = new MagickImage(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal((400u, 300u), (thumbnail.Width, thumbnail.Height));
        Assert.True(data.GetProperty("expires").GetDateTimeOffset() > DateTimeOffset.UtcNow.AddMinutes(30));
    }

    [Fact]
    public async Task Given_a_policy_that_streams_when_a_thumbnail_is_requested_then_the_site_serves_it()
    {
        var (client, user) = await NewUserAsync();
        var policy = await App.Services.GetRequiredService<SiteCatalog>().GetPolicyAsync(1);
        await App.Services.GetRequiredService<SiteCatalog>().SavePolicyAsync(
            policy with { Id = ProxiedPolicyId, Settings = policy.Settings with { InternalProxy = true } });
        await AddFileAsync(user, "/ä.jpg", Photo(), ProxiedPolicyId);

        var url = new Uri((await client.GetApiAsync(Thumb("cloudreve://my/%C3%A4.jpg"))).Data.GetProperty("url").GetString()!);

        Assert.Equal(App.Address.Authority, url.Authority);
        Assert.Contains("thumb=true", url.Query, StringComparison.Ordinal);
        using var plain = new HttpClient();
        using var answer = await plain.GetAsync(url);
        Assert.Equal((HttpStatusCode.OK, "image/png"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task Given_files_without_possible_thumbnails_when_listed_then_clients_are_told_not_to_ask()
    {
        var (client, user) = await NewUserAsync();
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/folder", type = "folder" });
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/empty.png", type = "file" });
        await AddFileAsync(user, "/text.txt", [1]);
        await AddFileAsync(user, "/archive.zip", [1]);
        await AddFileAsync(user, "/photo.jpg", Photo());

        var listed = (await client.GetApiAsync("file?uri=cloudreve%3A%2F%2Fmy")).Data.GetProperty("files").EnumerateArray()
            .Where(IsStopped).Select(file => file.GetProperty("name").GetString()).Order(StringComparer.Ordinal);
        var info = (await client.GetApiAsync("file/info?uri=cloudreve%3A%2F%2Fmy%2Ftext.txt")).Data;

        Assert.Equal(["archive.zip", "empty.png", "text.txt"], listed);
        Assert.True(IsStopped(info));
        var stored = await App.Services.GetRequiredService<EntriesByPath>().GetAsync(user.Id, FilePath.ParsePlain("/text.txt"));
        Assert.False(FileThumbnails.IsDisabled(stored));

        static bool IsStopped(JsonElement file) => file.GetProperty("metadata").TryGetProperty("thumb:disabled", out _);
    }

    [Fact]
    public async Task Given_what_has_no_thumbnail_when_it_is_requested_then_the_documented_code_answers()
    {
        var (client, user) = await NewUserAsync();
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/folder", type = "folder" });
        await client.PostApiAsync("file/create", new { uri = "cloudreve://my/empty.png", type = "file" });
        await AddFileAsync(user, "/text.txt", [1]);
        await AddFileAsync(user, "/drawing.svg", "<svg/>"u8.ToArray());

        foreach (var name in (string[])["folder", "empty.png", "text.txt", "drawing.svg"])
            Assert.Equal(40077, (await client.GetApiAsync(Thumb("cloudreve://my/" + name))).Code);
        Assert.Equal(40016, (await client.GetApiAsync(Thumb("cloudreve://my/none.png"))).Code);
        Assert.Equal(40001, (await client.GetApiAsync("file/thumb")).Code);
        Assert.Equal(401, (await App.CreateClient().GetApiAsync(Thumb("cloudreve://my/text.txt"))).Code);
    }

    [Fact]
    public async Task Given_a_picture_that_failed_when_it_is_listed_then_its_metadata_stops_clients_from_asking()
    {
        var (client, user) = await NewUserAsync();
        await AddFileAsync(user, "/broken.png", [1, 2, 3]);

        Assert.Equal(40077, (await client.GetApiAsync(Thumb("cloudreve://my/broken.png"))).Code);

        var info = (await client.GetApiAsync("file/info?uri=" + Uri.EscapeDataString("cloudreve://my/broken.png"))).Data;
        Assert.Equal("", info.GetProperty("metadata").GetProperty("thumb:disabled").GetString());
    }

    [Fact]
    public async Task Given_a_message_with_a_file_when_the_function_runs_then_the_thumbnail_is_there_early()
    {
        var (_, user) = await NewUserAsync();
        var file = await AddFileAsync(user, "/queued.jpg", Photo());

        foreach (var message in (string[])[$"{file.Id}", $"{file.Id}", "1", "no id"])
            await App.Host.InvokeAsync("GenerateThumbnail", message);

        var byId = App.Services.GetRequiredService<EntriesById>();
        Assert.NotNull(FileThumbnails.Find((await byId.FindAsync(file.Id))!));
    }

    [Fact]
    public async Task Given_a_photo_of_a_camera_when_its_message_is_handled_then_the_file_tells_of_the_camera()
    {
        var (client, user) = await NewUserAsync();
        var file = await AddFileAsync(user, "/camera.jpg", Photo(image =>
        {
            var profile = new ExifProfile();
            profile.SetValue(ExifTag.Model, "Box 1");
            image.SetProfile(profile);
        }));

        await App.Host.InvokeAsync("GenerateThumbnail", MediaRequests.MediaPrefix + file.Id);
        var before = await InfoAsync();
        await client.SendRawAsync(HttpMethod.Put, "file/content?uri=cloudreve%3A%2F%2Fmy%2Fcamera.jpg", ContentTests.Octets([1, 2, 3]));
        var after = await InfoAsync();

        Assert.Equal("Box 1", before.GetProperty("exif:camera_model").GetString());
        Assert.Null(FileThumbnails.Find((await App.Services.GetRequiredService<EntriesById>().FindAsync(file.Id))!));
        Assert.False(after.TryGetProperty("exif:camera_model", out _));

        async Task<JsonElement> InfoAsync() => (await client.GetApiAsync("file/info?uri=cloudreve%3A%2F%2Fmy%2Fcamera.jpg")).Data.GetProperty("metadata");
    }

    [Fact]
    public async Task Given_the_defaults_when_a_client_asks_which_files_have_thumbnails_then_the_list_is_sorted()
    {
        var extensions = (await App.CreateClient().GetApiAsync("site/config/thumb")).Data.GetProperty("thumb_exts")
            .EnumerateArray().Select(e => e.GetString()!).ToList();

        Assert.Contains("heic", extensions);
        Assert.Contains("mp3", extensions);
        Assert.DoesNotContain("svg", extensions);
        Assert.DoesNotContain("mp4", extensions);
        Assert.Equal(extensions.Order(StringComparer.Ordinal), extensions);
    }

    private static byte[] Photo(Action<MagickImage>? change = null)
    {
        using var image = new MagickImage("gradient:red-blue", 800, 600);
        change?.Invoke(image);
        return image.ToByteArray(MagickFormat.Jpeg);
    }

    private static string Thumb(string uri) => "file/thumb?uri=" + Uri.EscapeDataString(uri);

    private async Task<(HttpClient Client, User User)> NewUserAsync()
    {
        var user = await App.CreateUserAsync();
        return (await App.SignInAsync(user.Email), user);
    }

    private async Task<FileRecord> AddFileAsync(User user, string path, byte[] content, int policyId = 1)
    {
        var name = $"test/{Guid.NewGuid():N}";
        await App.Layout.Container(App.Layout.FilesContainerName).WriteAsync(name, BinaryData.FromBytes(content));
        var ids = App.Services.GetRequiredService<IdAllocator>();
        var entity = new EntityRecord
        {
            Id = await ids.NextAsync(IdKind.Entity),
            FileId = await ids.NextAsync(IdKind.File),
            Size = content.Length,
            PolicyId = policyId,
            Source = name,
            CreatedBy = user.Id,
            CreatedAt = DateTimeOffset.UtcNow,
        };
        await App.Services.GetRequiredService<EntityStore>().WriteNewAsync([entity]);
        return await App.Services.GetRequiredService<EntryCreation>().CreateAsync(
            user.Id, FilePath.ParsePlain(path), new NewEntry(FileType.File) { Id = entity.FileId, EntityId = entity.Id, Size = content.Length }, failIfExists: true);
    }
}
