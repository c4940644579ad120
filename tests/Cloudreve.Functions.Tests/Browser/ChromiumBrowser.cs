using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Cloudreve.Functions.Tests.Browser;

/// <summary>Chromium without a window, with a profile of its own, steered over the DevTools protocol.</summary>
internal sealed class ChromiumBrowser : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly DirectoryInfo _profile;

    private ChromiumBrowser(Process process, DirectoryInfo profile, DevToolsClient tools) => (_process, _profile, Tools) = (process, profile, tools);

    /// <summary>Sends commands to the browser.</summary>
    public DevToolsClient Tools { get; }

    /// <summary>Starts a browser.</summary>
    public static async Task<ChromiumBrowser> StartAsync()
    {
        var profile = Directory.CreateTempSubdirectory("chromium");
        var start = new ProcessStartInfo(Find()) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--remote-debugging-port=0", $"--user-data-dir={profile.FullName}", "about:blank"])
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var port = await ReadPortAsync(Path.Combine(profile.FullName, "DevToolsActivePort"), process);
        using var http = new HttpClient();
        var version = await http.GetFromJsonAsync<JsonElement>(new Uri($"http://127.0.0.1:{port}/json/version"));
        return new ChromiumBrowser(process, profile, await DevToolsClient.ConnectAsync(new Uri(version.GetProperty("webSocketDebuggerUrl").GetString()!)));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Tools.DisposeAsync();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A child process still wrote; the system clears its folder of temporary files.
        }
    }

    private static string Find() =>
        Environment.GetEnvironmentVariable("CHROMIUM")
        ?? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
        ?? throw new InvalidOperationException("Chromium is not installed: install the package chromium, or name the program in the variable CHROMIUM.");

    private static async Task<int> ReadPortAsync(string file, Process process)
    {
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < StartTimeout && !process.HasExited)
        {
            if (File.Exists(file) && (await File.ReadAllLinesAsync(file)) is [var port, ..])
                return int.Parse(port);
            await Task.Delay(50);
        }
        throw new InvalidOperationException("Chromium did not start.");
    }
}
