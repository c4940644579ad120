using System.Collections.Concurrent;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Azurite;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Cloudreve.Functions.Tests.Edge;

/// <summary>Tests that secrets in the paths, queries, headers and bodies of requests do not reach a log.</summary>
public sealed class LoggedSecretTests(AzuriteServer azurite)
{
    private const string Secret = "5ecret0fTheTest";

    [Fact]
    public async Task Given_requests_with_secrets_when_they_fail_then_no_log_entry_holds_one()
    {
        var log = new LogDouble();
        await using var app = await AppFixture.StartAsync(
            azurite, services => services.AddSingleton<ILoggerProvider>(log), new Dictionary<string, string?> { ["Logging:LogLevel:Default"] = "Trace" });
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = app.Address };
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + Secret);

        foreach (var path in (string[])
        [
            $"/api/v4/callback/s3/{Guid.NewGuid()}/{Secret}", $"/api/v4/callback/remote/{Secret}/{Secret}", $"/api/v4/file/upload/{Secret}/0", $"/s/{Secret}/{Secret}",
            $"/f/{Secret}/a.txt", $"/api/v4/share/info/{Secret}?password={Secret}", $"/api/v4/file/content/{Secret}/0/a.txt?sign={Secret}:0",
            $"/api/v4/file/wopi/{Secret}?access_token={Secret}", $"/api/v4/file?uri=cloudreve://x:{Secret}@share", $"/api/v4/user/activate/{Secret}?sign={Secret}",
            $"/api/v4/file/archive/{Secret}/archive.zip?sign={Secret}", $"/{Secret}?code={Secret}",
        ])
        {
            using var answer = await client.GetAsync(path);
        }
        await client.PostApiAsync("session/token", new { email = "a@example.com", password = Secret });
        await client.PostApiAsync("session/token/refresh", new { refresh_token = Secret });
        await client.PostApiAsync("session/openid", new { code = Secret, session_id = Secret, provider_id = 2 });

        Assert.NotEmpty(log.Entries);
        Assert.DoesNotContain(log.Entries, entry => entry.Contains(Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_a_function_that_fails_when_its_request_holds_secrets_then_none_is_logged()
    {
        var log = new LogDouble();
        await using var app = await AppFixture.StartAsync(
            azurite, services => services.AddSingleton<ILoggerProvider>(log), new Dictionary<string, string?> { ["Logging:LogLevel:Default"] = "Warning" },
            typeof(FailingFunctions));
        using var client = new HttpClient { BaseAddress = app.Address };

        using var answer = await client.GetAsync($"/api/v4/failing/{Secret}?sign={Secret}");

        var entry = Assert.Single(log.Entries, entry => entry.Contains("Failing", StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, entry, StringComparison.Ordinal);
    }

    /// <summary>Stores all log entries.</summary>
    private sealed class LogDouble : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Entries { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Entries.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}

/// <summary>Fails.</summary>
internal sealed class FailingFunctions
{
    /// <summary>Fails, whatever it is asked.</summary>
    [Function("Failing")]
    [Requires(AuthClass.None)]
    public static IResult Fail([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/failing/{secret}")] HttpRequest request, string secret) =>
        throw new InvalidOperationException("It fails.");
}
