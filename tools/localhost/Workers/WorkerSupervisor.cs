using System.Diagnostics;
using System.Net.Sockets;
using Cloudreve.LocalHost.Logging;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Workers;

/// <summary>Keeps one worker running: starts it, and replaces it when it ends or is given up.</summary>
internal sealed class WorkerSupervisor(AppFolder app, WorkerGateway gateway, WorkerSlot slot, ILoggerFactory loggers, Action<string> output)
{
    // By SIGTERM.
    private const int TerminatedCode = 128 + 15;
    private const int MostFailedStarts = 3;
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_signalGrace = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_endTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(10);
    private readonly ILogger _logger = loggers.CreateLogger("Host.Worker");
    private readonly WorkerLog _workerLog = new(loggers);

    /// <summary>Runs workers until it is told to stop; the last one is then asked to end.</summary>
    /// <param name="hostStops">Signals that the host finishes its work: a worker that ends from now on (Ctrl+C reaches it, too) has no
    /// successor.</param>
    /// <param name="cancellationToken">Ends the worker.</param>
    /// <exception cref="LocalHostException">The worker cannot be started.</exception>
    public async Task RunAsync(CancellationToken hostStops, CancellationToken cancellationToken)
    {
        var failedStarts = 0;
        var shortLives = 0;
        while (!cancellationToken.IsCancellationRequested)
        {
            var life = Stopwatch.StartNew();
            var started = await RunOnceAsync(hostStops, cancellationToken);
            if (hostStops.IsCancellationRequested || cancellationToken.IsCancellationRequested)
                return;
            failedStarts = started ? 0 : failedStarts + 1;
            if (failedStarts == MostFailedStarts)
                throw new LocalHostException($"The worker ended {MostFailedStarts} times before it had started. Its last lines above say why.");
            shortLives = life.Elapsed < TimeSpan.FromSeconds(30) ? shortLives + 1 : 0;
            await PauseAsync(shortLives, hostStops);
        }
    }

    /// <summary>Waits longer the more workers have ended soon after their start; the first is replaced at once.</summary>
    private static async Task PauseAsync(int shortLives, CancellationToken cancellationToken)
    {
        if (shortLives < 2)
            return;
        var pause = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(shortLives - 2, 4)));
        await Task.Delay(pause < s_longestPause ? pause : s_longestPause, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    /// <returns>True if the worker got as far as loading its functions.</returns>
    private async Task<bool> RunOnceAsync(CancellationToken hostStops, CancellationToken cancellationToken)
    {
        var workerId = Guid.NewGuid().ToString();
        var connection = new WorkerConnection(_workerLog.Write);
        var arrival = gateway.ExpectAsync(workerId, connection);
        await using var process = WorkerProcess.Start(app, gateway.Address, workerId, output);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, connection.Closed);
        var exit = process.WaitAsync(CancellationToken.None);
        _ = exit.ContinueWith(_ => connection.Close(), TaskScheduler.Default);
        var started = false;
        try
        {
            using var startLimit = CancellationTokenSource.CreateLinkedTokenSource(ended.Token);
            startLimit.CancelAfter(s_startTimeout);
            await arrival.WaitAsync(startLimit.Token);
            var functions = await connection.InitializeAsync(app.Path, startLimit.Token);
            var worker = new Worker(connection, await AwaitHttpAsync(connection, startLimit.Token), functions);
            slot.Fill(worker);
            started = true;
            await Task.Delay(Timeout.Infinite, ended.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WorkerProcessExitException)
        {
            // The worker has ended, was given up, or is being stopped.
        }
        if (cancellationToken.IsCancellationRequested)
            await EndAsync(connection, exit);
        else if (!await IsHostStoppingAsync(process, exit, hostStops))
            LogEnd(process, exit.IsCompleted, started);
        connection.Close();
        return started;
    }

    /// <summary>Checks whether the host is stopping as well: a signal to both reaches them in any order.</summary>
    private static async Task<bool> IsHostStoppingAsync(WorkerProcess process, Task exit, CancellationToken hostStops)
    {
        if (!exit.IsCompleted || process.ExitCode is 0 or TerminatedCode)
            await Task.Delay(s_signalGrace, hostStops).ContinueWith(_ => { }, TaskScheduler.Default);
        return hostStops.IsCancellationRequested;
    }

    private void LogEnd(WorkerProcess process, bool hasExited, bool started)
    {
        if (hasExited)
            _logger.LogError("The worker exited with code {Code}. Starting another.", process.ExitCode);
        else
            _logger.LogError("{Reason} Starting another.", started ? "The worker is ended." : "The worker did not start in time.");
    }

    private static async Task EndAsync(WorkerConnection connection, Task exit)
    {
        connection.Terminate();
        await Task.WhenAny(exit, Task.Delay(s_endTimeout));
    }

    /// <summary>The worker may connect before its web server listens.</summary>
    private static async Task<Uri?> AwaitHttpAsync(WorkerConnection connection, CancellationToken cancellationToken)
    {
        if (!connection.Capabilities.TryGetValue("HttpUri", out var text))
            return null;
        var address = new Uri(text);
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(address.Host, address.Port, cancellationToken);
                return address;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            }
        }
    }
}
