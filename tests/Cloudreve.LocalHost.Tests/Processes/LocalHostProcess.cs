using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.NetworkInformation;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Processes;

/// <summary>The local host as a process, with the test app as its worker.</summary>
internal sealed class LocalHostProcess : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();

    private LocalHostProcess(Process process, int port)
    {
        Process = process;
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(60) };
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public static string AppDirectory { get; } = AppContext.BaseDirectory
        .Replace("Cloudreve.LocalHost.Tests", "Cloudreve.LocalHost.TestApp", StringComparison.Ordinal)
        .TrimEnd(Path.DirectorySeparatorChar);

    public Process Process { get; }

    public HttpClient Client { get; }

    public IEnumerable<string> Lines => _lines;

    /// <summary>Settings of a host that shares its storage with others.</summary>
    public static Dictionary<string, string> Hub(string name) => new()
    {
        ["AzureFunctionsJobHost__extensions__durableTask__hubName"] = name,
        ["AzureFunctionsWebHost__hostid"] = name.ToLowerInvariant(),
        ["TEXT_QUEUE"] = name.ToLowerInvariant(),
    };

    /// <summary>Starts a host and does not wait for it.</summary>
    public static LocalHostProcess Start(
        string storage, IReadOnlyDictionary<string, string>? settings = null, int? port = null, string? app = null)
    {
        var chosen = port ?? AzuriteServer.FreePort();
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "Cloudreve.LocalHost.dll"), "--app", app ?? AppDirectory, "--port", $"{chosen}" })
            start.ArgumentList.Add(argument);
        start.Environment["AzureWebJobsStorage"] = storage;
        start.Environment["TEXT_QUEUE"] = "texts";
        start.Environment["TICK_SCHEDULE"] = "0 0 0 1 1 *";
        start.Environment["AzureWebJobs.TakeDisabled.Disabled"] = "true";
        start.Environment["LocalHost__BlobsExtensionKey"] = "the-key";
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return new LocalHostProcess(Process.Start(start)!, chosen);
    }

    /// <summary>The process id of the worker; waits for one.</summary>
    public async Task<int> ReadWorkerIdAsync()
    {
        await Until.TrueAsync(() => Task.FromResult(IsListening(Client.BaseAddress!.Port)), "listening host");
        var answer = "";
        await Until.TrueAsync(async () => int.TryParse(answer = await ReadAsync("/process"), out _), "worker");
        return int.Parse(answer);
    }

    /// <summary>Waits for a line of output.</summary>
    public Task AwaitLineAsync(string text) =>
        Until.TrueAsync(() => Task.FromResult(_lines.Any(line => line.Contains(text, StringComparison.Ordinal))), $"line '{text}'");

    /// <summary>Asks for an orderly end.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>Sends a signal to the host and to other processes at once, as a terminal does.</summary>
    public void Signal(string name, params int[] others)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{Process.Id}", .. others.Select(id => $"{id}")]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end of the process.</summary>
    public async Task<int> AwaitExitAsync()
    {
        await Process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        return Process.ExitCode;
    }

    public string Output() => string.Join('\n', _lines);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!Process.HasExited)
            Process.Kill();
        await Process.WaitForExitAsync();
        Process.Dispose();
        // Shown when the test fails.
        TestContext.Current.TestOutputHelper?.WriteLine(Output());
    }

    private async Task<string> ReadAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : "";
    }

    private static bool IsListening(int port) =>
        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Any(listener => listener.Port == port);

    private void Keep(string? line)
    {
        if (line is not null)
            _lines.Enqueue(line);
    }
}
