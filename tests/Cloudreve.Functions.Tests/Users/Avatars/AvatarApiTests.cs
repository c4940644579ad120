using System.Net;
using System.Net.Http.Headers;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Functions.Tests.App;
using ImageMagick;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Users.Avatars;

public sealed class AvatarApiTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Theory]
    [InlineData(MagickFormat.Jpeg)]
    [InlineData(MagickFormat.Png)]
    [InlineData(MagickFormat.Gif)]
    public async Task Given_a_wide_picture_when_it_is_uploaded_then_its_middle_is_shown_as_a_square_png(MagickFormat format)
    {
        var (user, client) = await SignInAsync();

        Assert.Equal(0, (await UploadAsync(client, Picture(format))).Code);

        using var answer = await App.CreateClient().GetAsync(await PathOfAsync(user));
        Assert.Equal(("image/png", "public, max-age=86400"), (answer.Content.Headers.ContentType?.MediaType, answer.Headers.CacheControl?.ToString()));
        using var image = new MagickImage(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal((MagickFormat.Png, 200u, 200u), (image.Format, image.Width, image.Height));
        // Red at both ends, green in the middle third: only the middle is left.
        foreach (var (x, y) in new[] { (5, 5), (195, 5), (100, 100), (5, 195), (195, 195) })
            Assert.True(image.GetPixels().GetPixel(x, y).ToColor()!.G > 200, $"{x}, {y}");
        Assert.Equal("file", (await client.GetApiAsync("user/me")).Data.GetProperty("avatar").GetString());
    }

    [Theory]
    [InlineData(200, 1)]
    [InlineData(1, 200)]
    [InlineData(3000, 10)]
    [InlineData(10, 3000)]
    [InlineData(1, 1)]
    [InlineData(32_000, 3)]
    public async Task Given_a_picture_of_any_shape_when_it_is_uploaded_then_it_becomes_a_square(uint width, uint height)
    {
        var (user, client) = await SignInAsync();
        using var strip = new MagickImage(MagickColors.Red, width, height);

        Assert.Equal(0, (await UploadAsync(client, strip.ToByteArray(MagickFormat.Png))).Code);

        using var answer = await App.CreateClient().GetAsync(await PathOfAsync(user));
        using var image = new MagickImage(await answer.Content.ReadAsByteArrayAsync());
        Assert.Equal((200u, 200u), (image.Width, image.Height));
    }

    [Theory]
    [InlineData("?nocache=1")]
    [InlineData("?nocache=true")]
    public async Task Given_a_picture_when_it_is_read_without_cache_then_clients_do_not_keep_it(string query)
    {
        var (user, client) = await SignInAsync();
        await UploadAsync(client, Picture(MagickFormat.Png));

        using var answer = await new HttpClient { BaseAddress = App.Address }.GetAsync(await PathOfAsync(user) + query);

        Assert.Equal("private, no-cache", answer.Headers.NonValidated["Cache-Control"].ToString());
    }

    [Fact]
    public async Task Given_an_empty_upload_when_the_picture_is_read_then_the_mail_addresss_one_comes()
    {
        var user = await App.CreateUserAsync("Gravatar@example.com");
        var client = await App.SignInAsync(user.Email);

        Assert.Equal(0, (await UploadAsync(client, [])).Code);

        using var answer = await App.CreateClient().GetAsync(await PathOfAsync(user));
        // The MD5 of gravatar@example.com.
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("https://www.gravatar.com/avatar/0cef130e32e054dd516c99e5181d30c4?d=mm&s=200", answer.Headers.Location?.ToString());
    }

    [Fact]
    public async Task Given_no_picture_or_nobody_when_the_picture_is_read_then_there_is_none()
    {
        var user = await App.CreateUserAsync();
        var hashIds = (await App.GetSiteAsync()).HashIds;

        foreach (var id in new[] { hashIds.Encode(user.Id, HashIdKind.User), hashIds.Encode(987_654, HashIdKind.User), "-" })
        {
            using var answer = await App.CreateClient().GetAsync("/api/v4/user/avatar/" + id);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal("public, max-age=300", answer.Headers.CacheControl?.ToString());
        }
    }

    [Fact]
    public async Task Given_no_picture_when_it_is_read_without_cache_then_clients_do_not_keep_that_there_is_none()
    {
        var user = await App.CreateUserAsync();

        using var answer = await new HttpClient { BaseAddress = App.Address }.GetAsync(await PathOfAsync(user) + "?nocache=1");

        Assert.Equal((HttpStatusCode.NotFound, "private, no-cache"), (answer.StatusCode, answer.Headers.NonValidated["Cache-Control"].ToString()));
    }

    [Fact]
    public async Task Given_uploads_that_are_no_picture_when_they_are_sent_then_they_are_bad_parameters()
    {
        var (user, client) = await SignInAsync();

        Assert.Equal(40001, (await UploadAsync(client, "not a picture"u8.ToArray())).Code);
        Assert.Equal(40001, (await UploadAsync(client, Picture(MagickFormat.WebP))).Code);
        Assert.Equal(40001, (await UploadAsync(client, Picture(MagickFormat.Png)[..100])).Code);

        Assert.Equal(user.ETag, (await App.Services.GetRequiredService<UserStore>().FindAsync(user.Id))!.ETag);
    }

    [Fact]
    public async Task Given_an_upload_above_the_limit_or_of_unknown_length_when_it_is_sent_then_it_is_too_large()
    {
        var (_, client) = await SignInAsync();

        Assert.Equal(40049, (await UploadAsync(client, new byte[4_194_305])).Code);
        using var content = new StreamContent(new MemoryStream(Picture(MagickFormat.Png)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v4/user/setting/avatar") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        using var answer = await client.SendAsync(request);
        Assert.Contains("40049", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_picture_when_it_is_read_then_it_costs_one_transaction_with_warm_caches()
    {
        var (user, client) = await SignInAsync();
        await UploadAsync(client, Picture(MagickFormat.Png));
        var path = await PathOfAsync(user);
        var anonymous = App.CreateClient();
        (await anonymous.GetAsync(path)).Dispose();

        Assert.Equal(1, await App.TransactionsOfAsync(async () => (await anonymous.GetAsync(path)).Dispose()));
    }

    private static byte[] Picture(MagickFormat format)
    {
        using var image = new MagickImage(MagickColors.Red, 900, 300);
        using var middle = new MagickImage(new MagickColor(0, 255, 0), 300, 300);
        image.Composite(middle, 300, 0, CompositeOperator.Over);
        return image.ToByteArray(format);
    }

    private static async Task<ApiAnswer> UploadAsync(HttpClient client, byte[] content)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return await client.SendRawAsync(HttpMethod.Put, "user/setting/avatar", body);
    }

    private async Task<string> PathOfAsync(User user) => "/api/v4/user/avatar/" + (await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User);

    private async Task<(User User, HttpClient Client)> SignInAsync()
    {
        var user = await App.CreateUserAsync();
        return (user, await App.SignInAsync(user.Email));
    }
}
