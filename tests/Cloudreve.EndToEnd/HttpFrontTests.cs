using System.Net;
using System.Text;
using Cloudreve.EndToEnd.HostDouble;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cloudreve.EndToEnd;

/// <summary>The double's front before a handler that answers what arrived.</summary>
public sealed class HttpFrontTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _mayEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly WebApplication _handler = BuildHandler();
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private HttpFront _front = null!;

    public async ValueTask InitializeAsync()
    {
        _handler.Run(AnswerAsync);
        await _handler.StartAsync();
        var folder = new FunctionAppFolder(
            "",
            HostConfiguration.Parse("""
                {"version":"2.0","extensions":{"http":{"routePrefix":""}},
                 "customHandler":{"description":{"defaultExecutablePath":"x"},"enableProxyingHttpRequest":true}}
                """),
            [
                Function("A", "early/{id:int}", "get"),
                Function("B", "early/{name}", "get", "propfind"),
                Function("C", "early/{name}", "get"),
                Function("D", "{*path:regex(^(?!early/).*)}", "get", "post"),
            ]);
        _front = await HttpFront.StartAsync(folder, _ => Task.FromResult(new Uri(_handler.Urls.Single())));
        _client.BaseAddress = _front.Address;
    }

    [Theory]
    [InlineData("/files/a%2Fb", "/files/a%252Fb")]
    [InlineData("/files/a%20b%25", "/files/a%20b%25")]
    [InlineData("/files?y=a&y=b&z=%2F", "/files?y=a&y=b&z=%2F")]
    public async Task Given_a_request_when_it_is_proxied_then_its_target_arrives_as_a_host_passes_it_on(string sent, string arrived)
    {
        var answer = await _client.GetStringAsync(sent);

        Assert.Equal("GET " + arrived, answer);
    }

    [Theory]
    [InlineData("GET", "/early/1", HttpStatusCode.OK)]
    [InlineData("GET", "/early/x", HttpStatusCode.OK)]
    [InlineData("PROPFIND", "/early/1", HttpStatusCode.OK)]
    [InlineData("DELETE", "/early/1", HttpStatusCode.NotFound)]
    [InlineData("POST", "/early/1", HttpStatusCode.NotFound)]
    [InlineData("GET", "/early/", HttpStatusCode.NotFound)]
    public async Task Given_a_request_when_no_function_has_its_route_and_method_then_it_is_not_found(string method, string path, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var answer = await _client.SendAsync(request);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Given_a_redirect_when_it_is_proxied_then_the_client_gets_it()
    {
        using var answer = await _client.GetAsync("/redirect");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("https://example.com/a%2Fb", answer.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task Given_a_chunked_upload_when_it_is_proxied_then_all_of_it_arrives()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/length") { Content = new StreamContent(new MemoryStream(new byte[300_000])) };
        request.Headers.TransferEncodingChunked = true;

        using var answer = await _client.SendAsync(request);

        Assert.Equal("300000", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Given_a_response_that_has_not_ended_when_it_is_proxied_then_its_beginning_arrives()
    {
        using var answer = await _client.GetAsync("/stream", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await answer.Content.ReadAsStreamAsync();
        var first = new byte[5];

        await body.ReadExactlyAsync(first);

        Assert.Equal("first", Encoding.UTF8.GetString(first));
        _mayEnd.SetResult();
    }

    [Fact]
    public async Task Given_a_handler_that_is_not_there_when_a_request_comes_then_the_invocation_fails()
    {
        await _handler.StopAsync();

        using var answer = await _client.GetAsync("/files");

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _front.DisposeAsync();
        await _handler.DisposeAsync();
    }

    private static WebApplication BuildHandler()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }

    private static HostedFunction Function(string name, string route, params string[] methods) => HostedFunction.Parse(name, $$"""
        {"bindings":[
          {"type":"httpTrigger","name":"request","direction":"in","authLevel":"anonymous","route":"{{route}}","methods":["{{string.Join("\",\"", methods)}}"]},
          {"type":"http","name":"response","direction":"out"}]}
        """);

    private async Task AnswerAsync(HttpContext context)
    {
        switch (context.Request.Path.Value)
        {
            case "/redirect":
                context.Response.Redirect("https://example.com/a%2Fb");
                break;
            case "/length":
                using (var body = new MemoryStream())
                {
                    await context.Request.Body.CopyToAsync(body);
                    await context.Response.WriteAsync(body.Length.ToString());
                }
                break;
            case "/stream":
                await context.Response.WriteAsync("first");
                await _mayEnd.Task;
                break;
            default:
                await context.Response.WriteAsync($"{context.Request.Method} {context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget}");
                break;
        }
    }
}
