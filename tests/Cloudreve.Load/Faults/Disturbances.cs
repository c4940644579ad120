using System.Diagnostics;

namespace Cloudreve.Load.Faults;

/// <summary>Disturbs storage and kills processes during a run, as its seed says.</summary>
/// <param name="site">The site whose processes are killed.</param>
/// <param name="proxy">The proxy that disturbs storage.</param>
/// <param name="note">Hears of each disturbance.</param>
internal sealed class Disturbances(ISiteProcesses site, TcpProxy proxy, Action<string> note)
{
    private static readonly TimeSpan s_watchInterval = TimeSpan.FromMilliseconds(500);

    // The watch does not report kills on purpose.
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Times at which hosts ended by themselves.</summary>
    public int UnwantedEnds { get; private set; }

    /// <summary>Runs the windows of a plan, and finally leaves storage undisturbed.</summary>
    public async Task DisturbAsync(IReadOnlyList<FaultWindow> windows, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var window in windows)
            {
                await Task.Delay(window.Calm, cancellationToken);
                note($"storage: {window.Kind} for {window.Length.TotalSeconds:F1} s");
                proxy.Disturb(window);
                await Task.Delay(window.Length, cancellationToken);
                proxy.Disturb(null);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
        finally
        {
            proxy.Disturb(null);
        }
    }

    /// <summary>Kills the worker, the host, or first the one and at once the other, and starts what has no other to start it.</summary>
    public async Task KillAsync(Random random, TimeSpan shortest, TimeSpan longest, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(shortest + (random.NextDouble() * (longest - shortest)), cancellationToken);
                var target = random.Next(3);
                await InTurnAsync(() => KillOnceAsync(target));
                await site.AwaitAnswerAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Starts the host again when it ends although nobody has killed it.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(s_watchInterval, CancellationToken.None);
            await InTurnAsync(async () =>
            {
                if (site.HostId is not { } host || IsRunning(host))
                    return;
                UnwantedEnds++;
                note($"the host ended by itself\n{site.Output}");
                await RestartAsync();
            });
        }
    }

    private async Task KillOnceAsync(int target)
    {
        note($"kill: {(target == 0 ? "worker" : target == 1 ? "host" : "worker and host")}");
        if (target != 1 && site.WorkerId is { } worker)
            Kill(worker);
        if (target != 0)
            await RestartAsync();
    }

    private async Task RestartAsync()
    {
        await site.KillAsync();
        site.Launch();
    }

    private async Task InTurnAsync(Func<Task> act)
    {
        await _turn.WaitAsync();
        try
        {
            await act();
        }
        finally
        {
            _turn.Release();
        }
    }

    private static bool IsRunning(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Kill(int processId)
    {
        try
        {
            using var process = Process.GetProcessById(processId);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It has ended.
        }
    }
}
