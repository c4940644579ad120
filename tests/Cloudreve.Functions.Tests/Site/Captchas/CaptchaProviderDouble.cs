using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Functions.Tests.Site.Captchas;

/// <summary>A provider of captchas on the loopback interface: a server that gives the answers that a test chooses.</summary>
internal sealed class CaptchaProviderDouble : IAsyncDisposable
{
    private readonly WebApplication _app;

    private CaptchaProviderDouble(WebApplication app)
    {
        _app = app;
        app.MapPost("/{**path}", AnswerAsync);
    }

    /// <summary>The requests that it received: path, secret and token.</summary>
    public ConcurrentQueue<(string Path, string? Secret, string? Token)> Questions { get; } = [];

    /// <summary>The status of its answers.</summary>
    public int Status { get; set; } = StatusCodes.Status200OK;

    /// <summary>The body of its answers.</summary>
    public string Answer { get; set; } = """{"success":true,"hostname":"localhost"}""";

    /// <summary>The address that it listens at.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>Starts one on a free port.</summary>
    public static async Task<CaptchaProviderDouble> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var provider = new CaptchaProviderDouble(builder.Build());
        await provider._app.StartAsync();
        return provider;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.HasFormContentType)
        {
            var form = await context.Request.ReadFormAsync();
            Questions.Enqueue((context.Request.Path, form["secret"], form["response"]));
        }
        else
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            Questions.Enqueue((context.Request.Path, body.RootElement.GetProperty("secret").GetString(), body.RootElement.GetProperty("response").GetString()));
        }
        context.Response.StatusCode = Status;
        context.Response.Headers.Location = Address.ToString();
        await context.Response.WriteAsync(Answer);
    }
}
