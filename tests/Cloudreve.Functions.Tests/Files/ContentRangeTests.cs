using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Api.Files.Content;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Functions.Tests.Files;

public sealed class ContentRangeTests(SharedApp shared) : IClassFixture<SharedApp>
{
    private static readonly byte[] Content = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i % 251))];

    [Theory]
    [InlineData("bytes=0-0", "0-0")]
    [InlineData("bytes=10-19", "10-19")]
    [InlineData("bytes=990-", "990-999")]
    [InlineData("bytes=990-2000", "990-999")]
    [InlineData("bytes=-5", "995-999")]
    [InlineData("bytes=-5000", "0-999")]
    [InlineData("bytes=10-19, 5000-6000", "10-19")]
    [InlineData("Bytes=10-19", "10-19")]
    [InlineData("bytes=, 10-19 ,", "10-19")]
    [InlineData("bytes=990-99999999999999999999", "990-999")]
    [InlineData("bytes=-99999999999999999999", "0-999")]
    public async Task Given_a_range_when_it_is_requested_then_it_comes_alone(string header, string range)
    {
        using var answer = await GetAsync(header);

        var (from, to) = (int.Parse(range.Split('-')[0]), int.Parse(range.Split('-')[1]));
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal($"bytes {range}/1000", answer.Content.Headers.ContentRange!.ToString());
        Assert.Equal(to - from + 1, answer.Content.Headers.ContentLength);
        Assert.Equal(Content[from..(to + 1)], await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=1000-")]
    [InlineData("bytes=5000-6000,7000-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=99999999999999999999-")]
    public async Task Given_ranges_behind_the_end_when_they_are_requested_then_the_answer_is_416_with_the_size(string header)
    {
        using var answer = await GetAsync(header);

        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, answer.StatusCode);
        Assert.Equal("bytes */1000", answer.Content.Headers.ContentRange!.ToString());
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=20-10")]
    [InlineData("bytes=5-2")]
    [InlineData("bytes=0-1,5-2")]
    [InlineData("bytes=0-1,x")]
    [InlineData("bytes=-")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=")]
    [InlineData("lines=1-2")]
    [InlineData("bytes=0-999,0-999")]
    public async Task Given_a_header_that_means_nothing_or_too_much_when_content_is_requested_then_all_comes(string header)
    {
        using var answer = await GetAsync(header);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(Content, await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bytes=0-")]
    [InlineData("bytes=0-99")]
    [InlineData("bytes=-5")]
    public async Task Given_an_empty_file_when_a_range_is_requested_then_all_of_nothing_comes(string header)
    {
        var (client, user) = await shared.App.NewUserAsync();
        await shared.App.Services.GetRequiredService<EntryCreation>().CreateAsync(
            user.Id, FilePath.ParsePlain("/empty.bin"), new NewEntry(FileType.File), failIfExists: true);
        using var plain = new HttpClient();

        using var answer = await plain.SendAsync(Request(HttpMethod.Get, await client.AddressAsync("cloudreve://my/empty.bin"), header));

        Assert.Equal((HttpStatusCode.OK, 0), (answer.StatusCode, answer.Content.Headers.ContentLength));
        Assert.Equal("bytes", answer.Headers.AcceptRanges.Single());
    }

    [Fact]
    public async Task Given_several_ranges_when_they_are_requested_then_each_comes_in_a_part_of_its_own()
    {
        using var answer = await GetAsync("bytes=0-4,100-104,-3");

        var bytes = await answer.Content.ReadAsByteArrayAsync();
        var boundary = answer.Content.Headers.ContentType!.Parameters.Single(p => p.Name == "boundary").Value;
        var expected = new List<byte>();
        foreach (var (from, to) in ((int, int)[])[(0, 4), (100, 104), (997, 999)])
        {
            expected.AddRange(Encoding.ASCII.GetBytes($"--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes {from}-{to}/1000\r\n\r\n"));
            expected.AddRange(Content[from..(to + 1)]);
            expected.AddRange("\r\n"u8);
        }
        expected.AddRange(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        Assert.Equal(HttpStatusCode.PartialContent, answer.StatusCode);
        Assert.Equal("multipart/byteranges", answer.Content.Headers.ContentType.MediaType);
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("the ETag", HttpStatusCode.PartialContent)]
    [InlineData("\"another\"", HttpStatusCode.OK)]
    [InlineData("Wed, 21 Oct 2099 07:28:00 GMT", HttpStatusCode.OK)]
    public async Task Given_a_condition_on_the_range_when_it_does_not_hold_then_all_of_the_content_comes(string condition, HttpStatusCode status)
    {
        var url = await AddressAsync();
        using var plain = new HttpClient();
        using var whole = await plain.GetAsync(url);
        using var request = Request(HttpMethod.Get, url, "bytes=0-9");
        request.Headers.TryAddWithoutValidation("If-Range", condition == "the ETag" ? whole.Headers.ETag!.Tag : condition);

        using var answer = await plain.SendAsync(request);

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task Given_a_head_request_with_a_range_when_it_is_sent_then_the_whole_content_is_described()
    {
        var url = await AddressAsync();
        using var plain = new HttpClient();

        using var answer = await plain.SendAsync(Request(HttpMethod.Head, url, "bytes=0-9"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(1000, answer.Content.Headers.ContentLength);
        Assert.Equal("bytes", answer.Headers.AcceptRanges.Single());
    }

    [Fact]
    public async Task Given_content_that_the_client_has_when_it_is_requested_then_nothing_is_sent()
    {
        var url = await AddressAsync();
        using var plain = new HttpClient();
        using var whole = await plain.GetAsync(url);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.IfNoneMatch.Add(new EntityTagHeaderValue(whole.Headers.ETag!.Tag));

        using var answer = await plain.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
    }

    [Fact]
    public async Task Given_a_speed_limit_when_content_is_copied_then_so_much_time_passes_as_the_limit_demands()
    {
        var clock = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        var start = clock.GetUtcNow();
        using var output = new MemoryStream();

        var copying = new PacedCopy(1_000, clock).CopyAsync(new MemoryStream(new byte[10_000]), output, TestContext.Current.CancellationToken);
        while (!copying.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(125));
            await Task.Yield();
            Assert.True(output.Length <= ((clock.GetUtcNow() - start).TotalSeconds * 1_000) + 125);
        }

        await copying;
        Assert.Equal(10_000, output.Length);
        Assert.True(clock.GetUtcNow() - start >= TimeSpan.FromSeconds(9.8));
    }

    private async Task<HttpResponseMessage> GetAsync(string range)
    {
        using var plain = new HttpClient();
        return await plain.SendAsync(Request(HttpMethod.Get, await AddressAsync(), range));
    }

    private static HttpRequestMessage Request(HttpMethod method, Uri url, string range)
    {
        var request = new HttpRequestMessage(method, url);
        request.Headers.TryAddWithoutValidation("Range", range);
        return request;
    }

    private async Task<Uri> AddressAsync()
    {
        var (client, user) = await shared.App.NewUserAsync();
        await shared.App.AddProxiedPolicyAsync();
        await shared.App.AddFileAsync(user, "/a.bin", Content, SiteFiles.ProxiedPolicy);
        return await client.AddressAsync("cloudreve://my/a.bin");
    }
}
