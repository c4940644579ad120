using System.Net;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Sharing.DirectLinks;
using Cloudreve.Core.Site;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Functions.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

/// <summary>Link checkers, download managers and monitors ask with HEAD; they get the response of GET, without the body.</summary>
public sealed class HeadRequestTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private AppFixture App => shared.App;

    [Fact]
    public void Given_all_functions_outside_the_prefix_when_they_take_get_then_they_take_head_too() =>
        Assert.Empty(new HttpFunctions(typeof(HttpFunction).Assembly).All
            .Where(f => !f.Route.StartsWith("api/", StringComparison.Ordinal) && f.Methods.Contains("GET") && !f.Methods.Contains("HEAD"))
            .Select(f => f.Name));

    [Theory]
    [InlineData("/api/v4/site/ping", HttpStatusCode.OK)]
    [InlineData("/manifest.json", HttpStatusCode.OK)]
    [InlineData("/s/unknown", HttpStatusCode.Redirect)]
    [InlineData("/s/unknown/password", HttpStatusCode.Redirect)]
    [InlineData("/f/unknown/a.txt", HttpStatusCode.NotFound)]
    [InlineData("/api/v4/user/avatar/unknown", HttpStatusCode.NotFound)]
    [InlineData("/api/v4/file/archive/00000000-0000-0000-0000-000000000000/archive.zip", HttpStatusCode.Forbidden)]
    [InlineData("/api/v4/nothing", HttpStatusCode.NotFound)]
    public async Task Given_an_address_when_head_is_sent_then_the_answer_is_that_of_get_without_its_body(string path, HttpStatusCode status)
    {
        var (get, head) = (await SendAsync(HttpMethod.Get, path), await SendAsync(HttpMethod.Head, path));

        Assert.Equal((status, status), (get.StatusCode, head.StatusCode));
        Assert.Equal(
            (get.Content.Headers.ContentType?.ToString(), get.Headers.Location, get.Headers.CacheControl?.ToString()),
            (head.Content.Headers.ContentType?.ToString(), head.Headers.Location, head.Headers.CacheControl?.ToString()));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Given_a_direct_link_when_head_is_sent_then_it_leads_to_the_file_and_no_hit_is_counted()
    {
        var (client, user) = await App.NewUserAsync();
        await App.AddFileAsync(user, "/a.txt", [1]);
        var link = (await client.SendApiAsync(HttpMethod.Put, "file/source", new { uris = new[] { "cloudreve://my/a.txt" } })).Data[0].GetProperty("link").GetString()!;

        var (plain, download) = (await SendAsync(HttpMethod.Head, link), await SendAsync(HttpMethod.Head, link.Replace("/f/", "/f/d/", StringComparison.Ordinal)));
        await App.Services.GetRequiredService<DirectLinkHits>().StoreAsync();

        Assert.Equal((HttpStatusCode.Redirect, HttpStatusCode.Redirect), (plain.StatusCode, download.StatusCode));
        Assert.NotNull(plain.Headers.Location);
        var links = (await client.GetApiAsync("file/info?extended=true&uri=cloudreve%3A%2F%2Fmy%2Fa.txt")).Data.GetProperty("extended_info").GetProperty("direct_links");
        Assert.Equal(0, links[0].GetProperty("downloaded").GetInt64());
    }

    [Fact]
    public async Task Given_an_archive_when_head_is_sent_then_it_is_described_and_not_made()
    {
        await App.ChangeGroupAsync(
            Group.UserId, g => g with { Id = 61, Permissions = g.Permissions.With((int)GroupPermission.ArchiveDownload, value: true) });
        var (client, user) = await App.NewUserAsync(61);
        await App.AddFileAsync(user, "/a.txt", [1]);
        var address = await client.AddressAsync("", new { uris = new[] { "cloudreve://my/a.txt" }, archive = true });

        var head = await SendAsync(HttpMethod.Head, address.AbsoluteUri);

        Assert.Equal((HttpStatusCode.OK, "application/zip"), (head.StatusCode, head.Content.Headers.ContentType?.ToString()));
        Assert.Equal("archive.zip", head.Content.Headers.ContentDisposition?.FileName);
    }

    [Fact]
    public async Task Given_a_picture_of_a_user_when_head_is_sent_then_its_type_and_length_come()
    {
        var (client, user) = await App.NewUserAsync();
        using var picture = new ImageMagick.MagickImage(ImageMagick.MagickColors.Red, 10, 10) { Format = ImageMagick.MagickFormat.Png };
        using var content = new ByteArrayContent(picture.ToByteArray());
        Assert.Equal(0, (await client.SendRawAsync(HttpMethod.Put, "user/setting/avatar", content)).Code);
        var path = "/api/v4/user/avatar/" + (await App.GetSiteAsync()).HashIds.Encode(user.Id, HashIdKind.User);

        var (get, head) = (await SendAsync(HttpMethod.Get, path), await SendAsync(HttpMethod.Head, path));

        Assert.Equal((HttpStatusCode.OK, "image/png"), (head.StatusCode, head.Content.Headers.ContentType?.ToString()));
        Assert.Equal(get.Content.Headers.ContentLength, head.Content.Headers.ContentLength);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        return await App.CreateClient().SendAsync(request);
    }
}
