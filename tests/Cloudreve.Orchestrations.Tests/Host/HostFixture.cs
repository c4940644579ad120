using System.Collections.Concurrent;
using System.Diagnostics;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Host;

/// <summary>A site whose workflows run in a worker under the local host, with the official engine.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    private readonly AzuriteServer _azurite = new();
    private readonly ConcurrentQueue<string> _lines = new();
    private Process? _host;
    private HttpClient? _client;

    /// <summary>A policy whose container does not exist.</summary>
    public const int PolicyWithoutContainer = 2;

    internal RunningSite Site { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Site = await RunningSite.CreateAsync(_azurite);
        // Before the worker reads the policies, which it then keeps for a minute.
        var catalog = Site.Get<SiteCatalog>();
        await catalog.SavePolicyAsync(await catalog.GetPolicyAsync(1) with { Id = PolicyWithoutContainer, BucketName = "missing" });
        var port = AzuriteServer.FreePort();
        _client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        _host = Process.Start(StartInfo(port))!;
        _host.OutputDataReceived += (_, line) => Keep(line.Data);
        _host.ErrorDataReceived += (_, line) => Keep(line.Data);
        _host.BeginOutputReadLine();
        _host.BeginErrorReadLine();
        await UntilAsync(() => Task.FromResult(_lines.Any(l => l.Contains("Host started", StringComparison.Ordinal))), "start of the host");
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_host is not null)
        {
            _host.Kill();
            await _host.WaitForExitAsync();
            _host.Dispose();
        }
        await Site.DisposeAsync();
        _azurite.Dispose();
    }

    internal async Task<WorkflowTask> StartFromLostContainerAsync(string source)
    {
        var task = await Site.AcceptFromLostContainerAsync(source, PolicyWithoutContainer);
        await PostAsync($"start/{task.Id}");
        return task;
    }

    internal async Task<WorkflowTask> StartAsync(string source, long userId = 1)
    {
        var task = await Site.AcceptAsync(source, 1, userId, "/" + source);
        await PostAsync($"start/{task.Id}");
        return task;
    }

    internal async Task<WorkflowTask> AwaitEndAsync(WorkflowTask task, int seconds = 120)
    {
        await UntilAsync(async () => (await Site.TaskAsync(task.Id)).IsTerminal, $"end of task {task.Id}", seconds);
        return await Site.TaskAsync(task.Id);
    }

    /// <summary>Waits for the instance of a task to end; answers its status and custom status.</summary>
    internal async Task<string> AwaitInstanceEndAsync(WorkflowTask task)
    {
        var id = ImportStarter.InstanceIdOf(task);
        await UntilAsync(async () => !(await _client!.GetStringAsync($"instances/{id}")).StartsWith("Running", StringComparison.Ordinal), $"end of {id}");
        return await _client!.GetStringAsync($"instances/{id}");
    }

    internal async Task PostAsync(string path)
    {
        using var answer = await _client!.PostAsync(path, null);
        Assert.True(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}\n{Output()}");
    }

    internal Task<string> GetAsync(string path) => _client!.GetStringAsync(path);

    internal async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds = 60)
    {
        for (var watch = Stopwatch.StartNew(); !await condition(); await Task.Delay(50))
            Assert.True(!_host!.HasExited && watch.Elapsed < TimeSpan.FromSeconds(seconds), $"No {what} within {seconds} s.\n{Output()}");
    }

    private ProcessStartInfo StartInfo(int port)
    {
        // Both are built beside this project, in the same configuration.
        var output = Path.Combine("bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0");
        var host = Path.Combine(AzuriteServer.RepositoryRoot, "tools", "localhost", output, "Cloudreve.LocalHost.dll");
        var app = Path.Combine(AzuriteServer.RepositoryRoot, "tests", "Cloudreve.Orchestrations.TestApp", output);
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { host, "--app", app, "--port", $"{port}" })
            start.ArgumentList.Add(argument);
        start.Environment["AzureWebJobsStorage"] = _azurite.ConnectionString;
        start.Environment["CLOUDREVE_PREFIX"] = Site.Prefix;
        foreach (var (name, value) in new[] { ("partitionCount", "1"), ("maxQueuePollingInterval", "00:00:00.100"), ("useAppLease", "false") })
            start.Environment["AzureFunctionsJobHost__extensions__durableTask__storageProvider__" + name] = value;
        return start;
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _lines.Enqueue(line);
    }

    private string Output() => string.Join('\n', _lines.TakeLast(60));
}
