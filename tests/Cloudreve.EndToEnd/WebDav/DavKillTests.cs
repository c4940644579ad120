using System.Globalization;
using System.Net;
using System.Text;
using Cloudreve.EndToEnd.Sites;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd.WebDav;

/// <summary>Host and worker are killed while a WebDAV client works with them.</summary>
public sealed class DavKillTests(AzuriteServer azurite)
{
    private const string LockBody =
        "<D:lockinfo xmlns:D=\"DAV:\"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>";

    private const int Half = 20 << 20;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Given_a_kill_while_a_file_is_written_when_the_site_is_back_then_the_file_can_be_written(bool announcesLength)
    {
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        using var device = await DavDevice.CreateAsync(site);
        Assert.Equal(201, (await device.SendAsync("PUT", "a.txt", new StringContent("old"))).Status);
        using var body = new HalfBody(announcesLength);
        var writing = device.SendAsync("PUT", "a.txt", body);
        await body.Sent;

        await site.KillAsync();

        body.Break();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => writing);
        await site.StartAsync();
        Assert.Equal("old", await device.Http.GetStringAsync("a.txt"));
        Assert.Equal(204, (await device.SendAsync("PUT", "a.txt", new StringContent("new"))).Status);
        Assert.Equal("new", await device.Http.GetStringAsync("a.txt"));
    }

    [Fact]
    public async Task Given_locks_when_the_site_is_killed_then_they_hold_until_their_time_is_over()
    {
        await using var site = await new Site(azurite).StartAsync();
        await site.Client.SignInAsync();
        using var device = await DavDevice.CreateAsync(site);
        foreach (var name in (string[])["long.txt", "short.txt"])
            await device.SendAsync("PUT", name, new StringContent("old"));
        var held = await LockAsync(device, "long.txt", seconds: 600);
        await LockAsync(device, "short.txt", seconds: 30);

        await site.RestartAsync();

        Assert.Equal(423, (await device.SendAsync("PUT", "long.txt", new StringContent("new"))).Status);
        Assert.Equal(204, (await device.SendAsync("PUT", "long.txt", new StringContent("new"), ("If", $"({held})"))).Status);
        await site.EventuallyAsync(async () => (await device.SendAsync("PUT", "short.txt", new StringContent("new"))).Status == 204);
        Assert.Equal(423, (await device.SendAsync("PUT", "long.txt", new StringContent("new"))).Status);
    }

    private static async Task<string> LockAsync(DavDevice device, string name, int seconds)
    {
        var timeout = string.Create(CultureInfo.InvariantCulture, $"Second-{seconds}");
        var (status, headers) = await device.SendAsync("LOCK", name, new StringContent(LockBody, Encoding.UTF8, "application/xml"), ("Timeout", timeout));
        Assert.Equal(200, status);
        return headers.GetValues("Lock-Token").Single();
    }

    /// <summary>A body of which only the first half is ever sent.</summary>
    /// <param name="announcesLength">Whether the request tells how long it would be.</param>
    private sealed class HalfBody(bool announcesLength) : HttpContent
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends when the first half has been sent.</summary>
        public Task Sent => _sent.Task;

        /// <summary>Gives the rest up; a client notices a lost connection no earlier.</summary>
        public void Break() => _broken.SetException(new IOException("The client gave up."));

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[Half]);
            await stream.FlushAsync();
            _sent.SetResult();
            await _broken.Task;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 2 * Half;
            return announcesLength;
        }
    }
}
