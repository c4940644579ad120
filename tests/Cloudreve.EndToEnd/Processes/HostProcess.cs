using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.EndToEnd.Processes;

/// <summary>
/// The local host as a process, with the app as its worker: the published folder that CLOUDREVE_PUBLISH_DIR names, else what was
/// built.
/// </summary>
internal sealed class HostProcess : IDisposable
{
    private static readonly string[] s_noise = ["Host.Functions.", ": [", "Functions.ListFiles", "Functions.ListTasks"];
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Process _process;

    private HostProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();
    }

    /// <summary>The folder of the app.</summary>
    public static string AppFolder => Environment.GetEnvironmentVariable("CLOUDREVE_PUBLISH_DIR") is { Length: > 0 } folder
        ? Path.GetFullPath(folder, AzuriteServer.RepositoryRoot)
        : OutputOf("functions");

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The output of host and worker.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>The output of a failed test: without the list of functions, and without the requests that tests send again and again.</summary>
    public string Story => string.Join('\n', _lines.Where(line => !s_noise.Any(noise => line.Contains(noise, StringComparison.Ordinal))));

    /// <summary>Starts the host and does not wait for it.</summary>
    /// <param name="port">The port for clients.</param>
    /// <param name="settings">App settings.</param>
    public static HostProcess Start(int port, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            Path.Combine(OutputOf("tools", "localhost"), "Cloudreve.LocalHost.dll"),
            "--app", AppFolder, "--port", port.ToString(CultureInfo.InvariantCulture),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new HostProcess(Process.Start(start)!);
    }

    /// <summary>Number of lines that contain a text.</summary>
    public int Count(string text) => _lines.Count(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>Waits for a line that holds a text.</summary>
    public Task AwaitLineAsync(string text, TimeSpan limit) =>
        Eventually.TrueAsync(() => Task.FromResult(Count(text) > 0), limit, () => $"a line with '{text}'. The host wrote:\n{Story}");

    /// <summary>The process id of the worker; waits for one.</summary>
    public async Task<int> FindWorkerAsync()
    {
        await Eventually.TrueAsync(
            () => Task.FromResult(ProcessTable.ChildrenOf(Id).Count == 1), TimeSpan.FromSeconds(30), () => $"one worker. The host wrote:\n{Story}");
        return ProcessTable.ChildrenOf(Id)[0];
    }

    /// <summary>Ends the host by force and leaves its worker to itself.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
            _process.WaitForExit();
        }
        catch (InvalidOperationException)
        {
            // It has ended, or was disposed of.
        }
    }

    /// <summary>Ends a process by force.</summary>
    public static void Kill(int processId)
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

    /// <summary>Waits for the end of the host.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> AwaitExitAsync(TimeSpan limit)
    {
        await _process.WaitForExitAsync().WaitAsync(limit);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    /// <summary>The build output of a project, in the configuration of this test.</summary>
    private static string OutputOf(params string[] project)
    {
        // tests/Name/bin/Release/net10.0
        var own = string.Join(Path.DirectorySeparatorChar, Path.GetRelativePath(AzuriteServer.RepositoryRoot, AppContext.BaseDirectory).Split(Path.DirectorySeparatorChar)[2..]);
        return Path.TrimEndingDirectorySeparator(Path.Combine([AzuriteServer.RepositoryRoot, .. project, own]));
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _lines.Enqueue(line);
    }
}
