using System.Diagnostics;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Benchmarks.Import;

/// <summary>An import through the API of a running app, as an administrator starts it.</summary>
internal sealed class ProductImport(AppProcess app, TaskObserver observer) : IDisposable
{
    private readonly ApiClient _api = new(app);
    private string _userId = "";

    /// <summary>Signs in, and imports a few files: code is compiled and caches are filled before anything is measured.</summary>
    public async Task PrepareAsync()
    {
        _userId = (await _api.SignInAsync()).GetProperty("user").GetProperty("id").GetString()!;
        await RunAsync('/' + SourceTree.WarmUpPrefix.TrimEnd('/'), $"/warm-up-{Guid.NewGuid():N}", SourceTree.WarmUp.Files);
    }

    /// <summary>Imports and waits for the end.</summary>
    /// <returns>The time from the request to the completed task.</returns>
    /// <exception cref="BenchmarkException">The import did not import all files.</exception>
    public async Task<TimeSpan> RunAsync(string source, string destination, int files)
    {
        var clock = Stopwatch.StartNew();
        await _api.SendAsync(
            HttpMethod.Post,
            "workflow/import",
            new { src = source, dst = destination, user_id = _userId, policy_id = 1, recursive = true, extract_media_meta = false });
        var (status, imported) = await observer.AwaitEndAsync();
        var elapsed = clock.Elapsed;
        return status == WorkflowTaskStatus.Completed && imported == files
            ? elapsed
            : throw new BenchmarkException($"The import is {status} with {imported} of {files} files.\n{app.Output}");
    }

    public void Dispose() => _api.Dispose();
}
