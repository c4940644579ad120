using System.Diagnostics;
using Cloudreve.Benchmarks.Apps;
using Cloudreve.Load;

namespace Cloudreve.Benchmarks.Load;

/// <summary>The product under load: host and worker, killed and started again behind one address.</summary>
internal sealed class MeasuredSite(string folder, IReadOnlyDictionary<string, string> settings, int port) : ISiteProcesses, IDisposable
{
    private AppProcess? _app;

    public Uri Address { get; } = new($"http://127.0.0.1:{port}");

    public int? HostId => _app?.HostId;

    public int? WorkerId => _app?.FindWorkerId();

    public string Output => _app?.Output ?? "";

    public void Launch() => _app = AppProcess.Start(folder, settings, port);

    public async Task AwaitAnswerAsync()
    {
        using var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
        var waiting = Stopwatch.StartNew();
        while (!await IsAnsweringAsync(client))
        {
            if (waiting.Elapsed > TimeSpan.FromMinutes(5))
                throw new BenchmarkException($"The site does not answer.\n{Output}");
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    public Task KillAsync()
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        var app = _app;
        _app = null;
        app?.Dispose();
    }

    private static async Task<bool> IsAnsweringAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri("/api/v4/site/config/basic", UriKind.Relative));
            return answer.IsSuccessStatusCode && (await answer.Content.ReadAsStringAsync()).Contains("\"code\":0", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
