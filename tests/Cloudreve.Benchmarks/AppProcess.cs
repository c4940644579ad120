using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks;

/// <summary>An app under measurement, as a process of its own.</summary>
internal sealed class AppProcess : IDisposable
{
    public const string AdminEmail = "admin@example.com";
    public const string AdminPassword = "correct horse battery";
    private const int KeptLines = 50;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Stopwatch _sinceStart;

    private AppProcess(ProcessStartInfo start, Uri address)
    {
        Address = address;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _sinceStart = Stopwatch.StartNew();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>What the app said last.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Bytes in memory now.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>The most bytes that were in memory at once.</summary>
    public long PeakResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Time that processors spent on the app so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The app of this repository.</summary>
    /// <param name="publishFolder">The folder of the published executable; null for the build, which the runtime compiles just in time.</param>
    /// <param name="connectionString">Its storage account.</param>
    /// <param name="prefix">Its prefix in the account.</param>
    /// <param name="asHandler">Whether it runs as under a Functions host; else standalone.</param>
    public static AppProcess StartProduct(string? publishFolder, string connectionString, string prefix, bool asHandler)
    {
        var port = AzuriteServer.FreePort();
        var start = publishFolder is null
            ? new ProcessStartInfo("dotnet") { ArgumentList = { Path.Combine(AppContext.BaseDirectory, "Cloudreve.Functions.dll") } }
            : new ProcessStartInfo(Path.Combine(publishFolder, "Cloudreve.Functions"));
        start.Environment["AzureWebJobsStorage"] = connectionString;
        start.Environment["CLOUDREVE_PREFIX"] = prefix;
        start.Environment["CLOUDREVE_ADMIN_EMAIL"] = AdminEmail;
        start.Environment["CLOUDREVE_ADMIN_PASSWORD"] = AdminPassword;
        start.Environment[asHandler ? "FUNCTIONS_CUSTOMHANDLER_PORT" : "CLOUDREVE_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        return new AppProcess(start, new Uri($"http://127.0.0.1:{port}"));
    }

    /// <summary>Any other app that takes its port from ASPNETCORE_URLS.</summary>
    public static AppProcess StartOther(string executable, string connectionString, string table)
    {
        var address = $"http://127.0.0.1:{AzuriteServer.FreePort()}";
        var start = new ProcessStartInfo(executable);
        start.Environment["ASPNETCORE_URLS"] = address;
        start.Environment["AzureWebJobsStorage"] = connectionString;
        start.Environment["BARE_TABLE"] = table;
        return new AppProcess(start, new Uri(address));
    }

    /// <summary>Asks until the app answers with success.</summary>
    /// <returns>The time from the process's start to the end of the answer.</returns>
    /// <exception cref="BenchmarkException">The app has ended or answers something else.</exception>
    public async Task<TimeSpan> AwaitAnswerAsync(string path)
    {
        using var client = new HttpClient { BaseAddress = Address };
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
                var elapsed = _sinceStart.Elapsed;
                if (answer.StatusCode == HttpStatusCode.OK)
                    return elapsed;
                throw new BenchmarkException($"{path} answered {(int)answer.StatusCode}.\n{Output}");
            }
            catch (HttpRequestException) when (!_process.HasExited && _sinceStart.Elapsed < s_patience)
            {
                await Task.Delay(1);
            }
            catch (HttpRequestException)
            {
                throw new BenchmarkException($"The app does not answer.\n{Output}");
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        if (_output.Count > KeptLines)
            _output.TryDequeue(out _);
    }
}
