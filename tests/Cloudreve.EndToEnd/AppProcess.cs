using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.EndToEnd;

/// <summary>
/// The app as a process of its own: the published executable when CLOUDREVE_PUBLISH_DIR names its folder, else what was built.
/// </summary>
internal sealed class AppProcess : RunningApp
{
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;

    private AppProcess(AzuriteServer azurite, string prefix, int port, bool asHandler)
        : base(azurite.Connect(), prefix, new Uri($"http://127.0.0.1:{port}"))
    {
        var start = CreateStart();
        start.Environment["AzureWebJobsStorage"] = azurite.ConnectionString;
        start.Environment["CLOUDREVE_PREFIX"] = prefix;
        start.Environment["CLOUDREVE_ADMIN_EMAIL"] = AdminEmail;
        start.Environment["CLOUDREVE_ADMIN_PASSWORD"] = AdminPassword;
        start.Environment[asHandler ? "FUNCTIONS_CUSTOMHANDLER_PORT" : "CLOUDREVE_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public override string Output => string.Join('\n', _output);

    /// <summary>Starts the app and does not wait for it.</summary>
    public static AppProcess Launch(AzuriteServer azurite, string prefix) => new(azurite, prefix, AzuriteServer.FreePort(), asHandler: false);

    /// <summary>Starts the app and waits until it answers.</summary>
    public static async Task<AppProcess> StartAsync(AzuriteServer azurite, string prefix, bool asHandler = false)
    {
        var app = new AppProcess(azurite, prefix, AzuriteServer.FreePort(), asHandler);
        var patience = Stopwatch.StartNew();
        using var probe = new HttpClient { BaseAddress = app.BaseAddress };
        while (true)
        {
            try
            {
                using var answer = await probe.GetAsync("/api/v4/site/ping");
                if (answer.StatusCode == HttpStatusCode.OK)
                    return app;
            }
            catch (HttpRequestException) when (!app._process.HasExited && patience.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(50);
            }
            if (app._process.HasExited)
                throw new InvalidOperationException($"The app ended: {app.Output}");
        }
    }

    /// <summary>Starts the executable with arguments and waits for its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        var start = CreateStart();
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync() + await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output);
    }

    /// <summary>A power cut.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public override ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private static ProcessStartInfo CreateStart()
    {
        var folder = Environment.GetEnvironmentVariable("CLOUDREVE_PUBLISH_DIR");
        var start = string.IsNullOrEmpty(folder)
            ? new ProcessStartInfo("dotnet") { ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Cloudreve.Functions.dll") } }
            : new ProcessStartInfo(Path.GetFullPath(Path.Combine(folder, "Cloudreve.Functions"), AzuriteServer.RepositoryRoot));
        start.UseShellExecute = false;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        return start;
    }
}
