using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.LocalHost.TestApp;

public sealed class HttpFunctions(Greeting greeting, Journal journal, Conversation conversation)
{
    [Function("Greet")]
    public IResult Greet([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "greet/{name}")] HttpRequest request, string name) =>
        Results.Text($"{greeting.Text} {name}");

    [Function("AnyNumber")]
    public static IResult AnyNumber([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "items/{id:int}")] HttpRequest request, string id) =>
        Results.Text($"AnyNumber {id}");

    [Function("Items")]
    public static IResult Items([HttpTrigger(AuthorizationLevel.Anonymous, "get", "PROPFIND", Route = "items/{*path}")] HttpRequest request, string? path) =>
        Results.Text($"Items {path}");

    [Function("ZLiteral")]
    public static IResult ZLiteral([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "items/literal")] HttpRequest request) =>
        Results.Text("ZLiteral");

    [Function("Optional")]
    public static IResult Optional(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "optional/{part?}")] HttpRequest request, string? part) =>
        Results.Text($"part={part}");

    [Function("Echo")]
    public static async Task Echo([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "echo")] HttpRequest request)
    {
        request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = null;
        var size = 0L;
        var buffer = new byte[65536];
        for (int read; (read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0;)
            size += read;
        await request.HttpContext.Response.WriteAsync($"{size} {request.ContentLength?.ToString() ?? "chunked"}");
    }

    /// <summary>Counts the bytes of the request as they arrive.</summary>
    [Function("Listen")]
    public async Task Listen([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "listen")] HttpRequest request)
    {
        var buffer = new byte[4096];
        for (int read; (read = await request.Body.ReadAsync(buffer)) > 0;)
            conversation.Receive(read);
    }

    /// <summary>Responds line by line, each when the test says so.</summary>
    [Function("Speak")]
    public async Task Speak([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "speak")] HttpRequest request)
    {
        for (var i = 0; i < 3; i++)
        {
            await conversation.Turn.WaitAsync(request.HttpContext.RequestAborted);
            await request.HttpContext.Response.WriteAsync($"data: {i}\n");
            await request.HttpContext.Response.Body.FlushAsync();
        }
    }

    [Function("Headers")]
    public static IResult Headers([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "headers")] HttpRequest request)
    {
        request.HttpContext.Response.Headers.SetCookie = new[] { "a=1", "b=2" };
        request.HttpContext.Response.Headers.ETag = "\"tag\"";
        return Results.Text(string.Join('\n', request.Headers.Select(header => $"{header.Key}: {header.Value}")
            .Append($"Remote: {request.HttpContext.Connection.RemoteIpAddress}")));
    }

    [Function("Redirect")]
    public static IResult Redirect([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "redirect")] HttpRequest request) =>
        Results.Redirect("/greet/you");

    [Function("Fail")]
    public static IResult Fail([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "fail")] HttpRequest request) =>
        throw new InvalidOperationException("It fails.");

    /// <summary>Waits until it is cancelled, and reports that.</summary>
    [Function("Wait")]
    public async Task Wait(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "wait/{name}")] HttpRequest request, string name, CancellationToken cancellationToken)
    {
        await journal.WriteAsync($"waiting-{name}", Environment.ProcessId.ToString(), CancellationToken.None);
        try
        {
            await Task.Delay(TimeSpan.FromMinutes(1), cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await journal.WriteAsync($"cancelled-{name}", "", CancellationToken.None);
        }
    }

    [Function("Slow")]
    public async Task<IResult> Slow([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "slow/{name}")] HttpRequest request, string name)
    {
        await journal.WriteAsync($"began-{name}", "", CancellationToken.None);
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        return Results.Text("slow");
    }

    /// <summary>Ignores its token.</summary>
    [Function("Hang")]
    public static Task Hang([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "hang")] HttpRequest request) =>
        Task.Delay(TimeSpan.FromMinutes(10));

    [Function("ProcessId")]
    public static IResult ProcessId([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "process")] HttpRequest request) =>
        Results.Text(Environment.ProcessId.ToString());
}
