using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudreve.EndToEnd.Processes;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Http;

/// <summary>Clients that send a byte a second, and many of them.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed class SlowClientTests(SharedSite shared)
{
    private const string Folder = "cloudreve://my/slow";
    private const int Uploads = 100;
    private const int Size = 100_000;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(90);
    private readonly Site _site = shared.Site;

    [Fact]
    public async Task A_hundred_uploads_of_a_byte_a_second_are_cut_off_and_leave_neither_lock_nor_charge()
    {
        await _site.Client.PostAsync("file/create", new { uri = Folder, type = "folder" });
        var used = await ReadUsedAsync();

        var slow = Enumerable.Range(0, Uploads).Select(UploadSlowlyAsync).ToList();
        for (var i = 0; i < 5; i++)
        {
            var (status, envelope) = await ContentUpload.PutAsync(_site.Client, $"{Folder}/quick{i}.bin", Size, isChunked: i % 2 == 0);
            Assert.Equal((HttpStatusCode.OK, 0), (status, envelope.GetProperty("code").GetInt32()));
        }
        await Task.WhenAll(slow).WaitAsync(s_timeout);

        Assert.Equal(5, (await _site.Client.ListNamesAsync(Folder)).Count);
        await Eventually.TrueAsync(async () => await ReadUsedAsync() == used + (5 * Size), s_timeout, () => "the slow uploads' bytes to be given back");
        await _site.Client.PostAsync("file/rename", new { uri = Folder, new_name = "slow no more" });
    }

    /// <summary>Sends a byte each second until the site disconnects.</summary>
    private async Task UploadSlowlyAsync(int number)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_site.Address.Host, _site.Address.Port);
        await using var stream = client.GetStream();
        var isChunked = number % 2 == 0;
        await stream.WriteAsync(Encoding.ASCII.GetBytes(HeadersOf($"{Folder}/{number}.bin", isChunked)));
        var closed = ReadToEndAsync(stream);
        try
        {
            while (!closed.IsCompleted)
            {
                await stream.WriteAsync(isChunked ? "1\r\nx\r\n"u8.ToArray() : "x"u8.ToArray());
                await Task.WhenAny(closed, Task.Delay(TimeSpan.FromSeconds(1)));
            }
        }
        catch (IOException)
        {
            // The site has closed the connection.
        }
    }

    private string HeadersOf(string uri, bool isChunked)
    {
        var authorization = _site.Client.Http.DefaultRequestHeaders.Authorization;
        var length = isChunked ? $"Transfer-Encoding: chunked\r\nX-Expected-Entity-Length: {Size}" : $"Content-Length: {Size}";
        return $"PUT /api/v4/file/content?uri={Uri.EscapeDataString(uri)} HTTP/1.1\r\nHost: {_site.Address.Authority}\r\nAuthorization: {authorization}\r\n"
            + $"{length}\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n\r\n";
    }

    private static async Task ReadToEndAsync(NetworkStream stream)
    {
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
                // The answer, if there is one.
            }
        }
        catch (IOException)
        {
            // The site has closed the connection.
        }
    }

    private async Task<long> ReadUsedAsync() => (await _site.Client.GetAsync("user/capacity")).GetProperty("used").GetInt64();
}
