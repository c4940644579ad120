using System.Diagnostics;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Benchmarks.Import;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Benchmarks.Workflows;

/// <summary>Workflows of a running app, through its API.</summary>
internal sealed class WorkflowRun(AppProcess app, TaskObserver observer) : IDisposable
{
    private static readonly TimeSpan s_sampleInterval = TimeSpan.FromMilliseconds(250);

    private readonly ApiClient _api = new(app);
    private string _userId = "";

    public async Task SignInAsync() => _userId = (await _api.SignInAsync()).GetProperty("user").GetProperty("id").GetString()!;

    public Task<Measure> ImportAsync(string name) => RunAsync(
        "import", new { src = "/" + name, dst = "/" + name, user_id = _userId, policy_id = 1, recursive = true, extract_media_meta = false });

    public Task<Measure> ArchiveAsync(string name, string format) => RunAsync("archive", new { src = new[] { Uri(name) }, dst = Uri($"{name}.{format}"), format });

    public async Task<Measure> ExtractAsync(string name, string format)
    {
        var folder = $"{name}-from-{format}";
        await _api.SendAsync(HttpMethod.Post, "file/create", new { uri = Uri(folder), type = "folder" });
        return await RunAsync("extract", new { src = new[] { Uri($"{name}.{format}") }, dst = Uri(folder), encoding = "" });
    }

    public void Dispose() => _api.Dispose();

    private static string Uri(string name) => "cloudreve://my/" + name;

    private async Task<Measure> RunAsync(string workflow, object body)
    {
        var before = app.Worker.ResidentMegabytes;
        var clock = Stopwatch.StartNew();
        await _api.SendAsync(HttpMethod.Post, "workflow/" + workflow, body);
        var end = observer.AwaitEndAsync();
        var most = before;
        while (!end.IsCompleted)
        {
            await Task.WhenAny(end, Task.Delay(s_sampleInterval));
            most = Math.Max(most, app.Worker.ResidentMegabytes);
        }
        var (status, _) = await end;
        return status == WorkflowTaskStatus.Completed
            ? new Measure(clock.Elapsed.TotalSeconds, before, most)
            : throw new BenchmarkException($"The task of {workflow} is {status}.\n{app.Output}");
    }

    /// <summary>What a workflow took.</summary>
    /// <param name="Seconds">From the request to the end of the task.</param>
    /// <param name="Before">Megabytes of the worker before it.</param>
    /// <param name="Most">The most of them during it.</param>
    public readonly record struct Measure(double Seconds, double Before, double Most);
}
