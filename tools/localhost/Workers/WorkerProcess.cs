using System.Diagnostics;
using System.Globalization;

namespace Cloudreve.LocalHost.Workers;

/// <summary>The worker app as a child process.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private WorkerProcess(Process process) => _process = process;

    /// <summary>The exit code of a worker that has ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts the app of a folder.</summary>
    /// <param name="gateway">The address to which it connects.</param>
    /// <param name="output">Receives its lines.</param>
    public static WorkerProcess Start(AppFolder app, string gateway, string workerId, Action<string> output)
    {
        var start = new ProcessStartInfo(app.Executable)
        {
            UseShellExecute = false,
            WorkingDirectory = app.Path,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in Arguments(app, new Uri(gateway), workerId))
            start.ArgumentList.Add(argument);
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = app.Path;
        start.Environment["FUNCTIONS_WORKER_DIRECTORY"] = app.Path;
        start.Environment["DOTNET_STARTUP_HOOKS"] = string.Join(
            Path.PathSeparator, new[] { typeof(StartupHook).Assembly.Location, Environment.GetEnvironmentVariable("DOTNET_STARTUP_HOOKS") }.OfType<string>());
        var process = Process.Start(start) ?? throw new LocalHostException($"{app.Executable} did not start.");
        process.OutputDataReceived += (_, line) => Pass(line.Data, output);
        process.ErrorDataReceived += (_, line) => Pass(line.Data, output);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new WorkerProcess(process);
    }

    /// <summary>Waits until it has ended.</summary>
    public Task WaitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Ends it by force if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
        _process.Dispose();
    }

    private static string[] Arguments(AppFolder app, Uri gateway, string workerId) =>
    [
        app.Worker,
        "--host", gateway.Host,
        "--port", gateway.Port.ToString(CultureInfo.InvariantCulture),
        "--functions-uri", gateway.AbsoluteUri,
        "--functions-worker-id", workerId,
        "--functions-request-id", Guid.NewGuid().ToString(),
        "--functions-grpc-max-message-length", int.MaxValue.ToString(CultureInfo.InvariantCulture),
    ];

    private static void Pass(string? line, Action<string> output)
    {
        if (line is not null)
            output(line);
    }
}
