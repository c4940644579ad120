using System.Diagnostics;
using System.Net.Sockets;

namespace Cloudreve.Testing.Downloads;

/// <summary>A downloader as a process of its own, with a folder of its own.</summary>
public abstract class DownloaderProcess : IDisposable
{
    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(30);

    private Process? _process;

    /// <summary>The folder with everything that it writes.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("downloader").FullName;

    /// <summary>The address of its interface.</summary>
    public abstract string Address { get; }

    /// <summary>Ends it by force.</summary>
    public void Kill()
    {
        if (_process is null)
            return;
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    public void Dispose()
    {
        Kill();
        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected void Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Kill();
        var port = new Uri(Address).Port;
        for (var since = Stopwatch.GetTimestamp(); !IsListening(port); Thread.Sleep(50))
        {
            if (Stopwatch.GetElapsedTime(since) > s_start || _process.HasExited)
                throw new InvalidOperationException($"{program} does not start.");
        }
    }

    private static bool IsListening(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
