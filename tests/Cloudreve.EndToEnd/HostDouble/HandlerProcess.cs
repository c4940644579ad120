using System.Diagnostics;
using System.Globalization;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>One run of the handler's executable.</summary>
internal sealed class HandlerProcess : IDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_probeInterval = TimeSpan.FromMilliseconds(25);

    private readonly Process _process;

    private HandlerProcess(Process process, int port)
    {
        _process = process;
        Address = new Uri($"http://127.0.0.1:{port}");
        process.Exited += (_, _) => HasExited = true;
        process.EnableRaisingEvents = true;
    }

    /// <summary>Whether it has ended.</summary>
    public bool HasExited { get; private set; }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts the executable with the app settings as its environment.</summary>
    public static HandlerProcess Start(FunctionAppFolder folder, IReadOnlyDictionary<string, string> settings, Action<string> log)
    {
        var port = AzuriteServer.FreePort();
        var file = Path.Combine(folder.Root, folder.Configuration.Executable);
        var start = new ProcessStartInfo(File.Exists(file) ? file : folder.Configuration.Executable, folder.Configuration.Arguments)
        {
            WorkingDirectory = folder.Root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => log(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => log(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new HandlerProcess(process, port);
    }

    /// <summary>Waits for the first answer, whatever it says.</summary>
    /// <returns>False when the process ended or took too long.</returns>
    public async Task<bool> AwaitReadyAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_startLimit);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Address };
        while (!_process.HasExited && !limit.IsCancellationRequested)
        {
            try
            {
                using var answer = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, limit.Token);
                return true;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(s_probeInterval, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        cancellationToken.ThrowIfCancellationRequested();
        return false;
    }

    /// <summary>Waits for the end of the process.</summary>
    public Task AwaitExitAsync(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    /// <summary>Ends it without a word before: hosts send no SIGTERM.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
    }
}
