using Cloudreve.Benchmarks.Apps;

namespace Cloudreve.Benchmarks.Start;

/// <summary>A worker app whose start is measured again and again.</summary>
/// <param name="folder">The published app.</param>
/// <param name="path">The path to request.</param>
internal sealed class Contestant(string folder, IReadOnlyDictionary<string, string> settings, string path)
{
    // The host has its own work to end after a start.
    private static readonly TimeSpan s_settleTime = TimeSpan.FromSeconds(2);

    /// <summary>Milliseconds until the worker of a new host answers; the host starts its listeners meanwhile.</summary>
    public Samples Fresh { get; } = new();

    /// <summary>Milliseconds until a new worker of a running host answers.</summary>
    public Samples Replaced { get; } = new();

    /// <summary>Resident memory of the worker after its first answer.</summary>
    public Samples Megabytes { get; } = new();

    /// <summary>Resident memory of the host then.</summary>
    public Samples HostMegabytes { get; } = new();

    /// <summary>Starts the app, and another worker in the place of the first.</summary>
    /// <param name="isCounted">True to keep what was measured.</param>
    public async Task RunAsync(bool isCounted)
    {
        using var app = AppProcess.Start(folder, settings);
        var fresh = await app.AwaitAnswerAsync(path);
        await Task.Delay(s_settleTime);
        await app.ReplaceWorkerAsync();
        var replaced = await app.AwaitAnswerAsync(path);
        if (!isCounted)
            return;
        Fresh.Add(fresh.TotalMilliseconds);
        Replaced.Add(replaced.TotalMilliseconds);
        Megabytes.Add(app.Worker.ResidentMegabytes);
        HostMegabytes.Add(app.Host.ResidentMegabytes);
    }
}
