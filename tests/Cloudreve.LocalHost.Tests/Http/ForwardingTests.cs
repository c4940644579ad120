using System.Net;
using System.Net.Sockets;
using System.Text;
using Cloudreve.LocalHost.Tests.InProcess;
using Cloudreve.LocalHost.Tests.Processes;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Http;

public sealed class ForwardingTests(InProcessFixture fixture) : IClassFixture<InProcessFixture>
{
    [Fact]
    public async Task A_body_of_known_length_arrives_whole()
    {
        using var answer = await fixture.Client.PostAsync("/echo", new ByteArrayContent(new byte[InProcessFixture.BodyLimit]));
        Assert.Equal($"{InProcessFixture.BodyLimit} {InProcessFixture.BodyLimit}", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_a_server_error_before_it_is_sent()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(fixture.Host.Address.Host, fixture.Host.Address.Port);
        await SendAsync(client, $"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: {InProcessFixture.BodyLimit + 1}\r\n\r\n");
        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 500 Internal Server Error", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Chunks_arrive_before_the_body_has_ended()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(fixture.Host.Address.Host, fixture.Host.Address.Port);
        await SendAsync(client, "POST /listen HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (var sent = 200_000; sent <= 600_000; sent += 200_000)
        {
            await SendAsync(client, $"{200_000:x}\r\n{new string('x', 200_000)}\r\n");
            // The proxy's client sends full buffers; the rest waits for more.
            await Until.TrueAsync(() => Task.FromResult(fixture.Conversation.Received > sent - 100_000), $"{sent} bytes");
        }
        await SendAsync(client, "0\r\n\r\n");
        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 200 OK", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Parts_of_an_answer_arrive_as_they_are_written()
    {
        fixture.Conversation.Turn.Release();
        await using var answer = await fixture.Client.GetStreamAsync("/speak");
        using var reader = new StreamReader(answer);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(10)));
            fixture.Conversation.Turn.Release();
        }
        Assert.Null(await reader.ReadLineAsync());
    }

    [Fact]
    public async Task Forwarded_headers_of_a_client_are_replaced_and_others_pass()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/headers");
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("X-Forwarded-Host", "forged.example");
        request.Headers.Add("x-ms-invocation-id", "forged");
        request.Headers.Add("Dav-Test", "kept");
        using var answer = await fixture.Client.SendAsync(request);
        var seen = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("203.0.113.7", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("forged", seen, StringComparison.Ordinal);
        Assert.Contains("Dav-Test: kept", seen, StringComparison.Ordinal);
        Assert.Contains("Remote: 127.0.0.1", seen, StringComparison.Ordinal);
        Assert.Contains($"Host: {fixture.Host.Address.Authority}", seen, StringComparison.Ordinal);
        Assert.Equal(["a=1", "b=2"], answer.Headers.GetValues("Set-Cookie"));
        Assert.Equal("\"tag\"", answer.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task A_redirect_is_for_the_client_to_follow()
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = fixture.Host.Address };
        using var answer = await client.GetAsync("/redirect");
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/greet/you", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task A_function_that_throws_is_a_server_error()
    {
        for (var i = 0; i < 50; i++)
        {
            using var answer = await fixture.Client.GetAsync("/fail");
            Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_request_line_is_limited_as_in_the_real_host()
    {
        using var shorter = await fixture.Client.GetAsync("/greet/" + new string('x', 8000));
        Assert.Equal(HttpStatusCode.OK, shorter.StatusCode);
        using var longer = await fixture.Client.GetAsync("/greet/" + new string('x', 9000));
        Assert.Equal(HttpStatusCode.RequestUriTooLong, longer.StatusCode);
    }

    private static Task SendAsync(TcpClient client, string text) => client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text)).AsTask();
}
