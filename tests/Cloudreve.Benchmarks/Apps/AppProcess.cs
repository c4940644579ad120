using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Apps;

/// <summary>An app under measurement: the local host as a process, and the worker that it starts.</summary>
internal sealed class AppProcess : IDisposable
{
    private const int KeptLines = 50;
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(1);

    private readonly Process _host;
    private readonly ConcurrentQueue<string> _output = new();
    private Process? _worker;

    private AppProcess(ProcessStartInfo start, Uri address)
    {
        Address = address;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _host = Process.Start(start)!;
        _host.OutputDataReceived += (_, line) => Keep(line.Data);
        _host.ErrorDataReceived += (_, line) => Keep(line.Data);
        _host.BeginOutputReadLine();
        _host.BeginErrorReadLine();
        // Even an interrupted benchmark leaves no processes behind.
        AppDomain.CurrentDomain.ProcessExit += EndHost;
    }

    public Uri Address { get; }

    /// <summary>The last lines of host and worker.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>The process id of the host.</summary>
    public int HostId => _host.Id;

    /// <summary>The memory and the time of the host.</summary>
    public ProcessUse Host => new(_host);

    /// <summary>The memory and the time of the worker that answered last.</summary>
    public ProcessUse Worker => new(_worker ?? throw new InvalidOperationException("The app has not answered yet."));

    /// <summary>Starts an app under the local host and does not wait for it.</summary>
    /// <param name="folder">The built or published app.</param>
    /// <param name="fixedPort">The port for clients; null for any.</param>
    public static AppProcess Start(string folder, IReadOnlyDictionary<string, string> settings, int? fixedPort = null)
    {
        var port = fixedPort ?? AzuriteServer.FreePort();
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList = { WorkerApp.LocalHost, "--app", folder, "--port", port.ToString(CultureInfo.InvariantCulture) },
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return new AppProcess(start, new Uri($"http://127.0.0.1:{port}"));
    }

    /// <summary>Starts the product and waits until it answers.</summary>
    /// <param name="options">The options of the benchmark.</param>
    /// <param name="connectionString">Its storage account.</param>
    public static async Task<AppProcess> StartProductAsync(Options options, string connectionString)
    {
        var app = Start(WorkerApp.ProductFolder(options), AppSettings.OfProduct(connectionString));
        try
        {
            await app.AwaitAnswerAsync("/api/v4/site/config/basic");
            return app;
        }
        catch (BenchmarkException)
        {
            app.Dispose();
            throw;
        }
    }

    /// <summary>Asks until the app answers with success.</summary>
    /// <returns>The time from the start of the worker's process to the end of the answer.</returns>
    /// <exception cref="BenchmarkException">The app has ended or answers something else.</exception>
    public async Task<TimeSpan> AwaitAnswerAsync(string path)
    {
        using var client = new HttpClient { BaseAddress = Address, Timeout = s_startTimeout };
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
                var end = DateTime.Now;
                if (answer.StatusCode != HttpStatusCode.OK)
                    throw new BenchmarkException($"{path} answered {(int)answer.StatusCode}.\n{Output}");
                _worker ??= FindWorker() ?? throw new BenchmarkException($"The worker is gone.\n{Output}");
                return end - _worker.StartTime;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                if (_host.HasExited || waiting.Elapsed > s_startTimeout)
                    throw new BenchmarkException($"The app does not answer.\n{Output}");
                await Task.Delay(s_pollInterval);
            }
        }
    }

    /// <summary>The process id of the worker; null while the host has none.</summary>
    public int? FindWorkerId()
    {
        using var worker = _host.HasExited ? null : FindWorker();
        return worker?.Id;
    }

    /// <summary>Kills the worker and waits until the host has started another process in its place.</summary>
    /// <exception cref="BenchmarkException">The host does not.</exception>
    public async Task ReplaceWorkerAsync()
    {
        var old = _worker ?? throw new InvalidOperationException("The app has not answered yet.");
        _worker = null;
        old.Kill();
        await old.WaitForExitAsync();
        old.Dispose();
        var waiting = Stopwatch.StartNew();
        while ((_worker = FindWorker()) is null)
        {
            if (_host.HasExited || waiting.Elapsed > s_startTimeout)
                throw new BenchmarkException($"The host starts no worker.\n{Output}");
            await Task.Delay(s_pollInterval);
        }
    }

    /// <summary>Kills the host, and waits for the worker, which ends with it.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= EndHost;
        var worker = _worker ?? (_host.HasExited ? null : FindWorker());
        EndHost(null, EventArgs.Empty);
        worker?.WaitForExit();
        worker?.Dispose();
        _host.Dispose();
    }

    private void EndHost(object? sender, EventArgs e)
    {
        if (_host.HasExited)
            return;
        _host.Kill();
        _host.WaitForExit();
    }

    private Process? FindWorker() => ChildProcesses.Of(_host).FirstOrDefault();

    private void Keep(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (_output.Count > KeptLines)
            _output.TryDequeue(out _);
    }
}
