using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Cloudreve.Dev.Processes;

/// <summary>
/// A process beside this one that ends the children when this one is gone, however it ended: no system call for that exists
/// on all platforms, but a pipe closes on every one of them.
/// </summary>
internal sealed class Guardian : IDisposable
{
    /// <summary>The command line by which the tool starts itself as the guardian.</summary>
    public const string Command = "guard-children";

    private readonly Process _process;

    /// <summary>Starts the guardian.</summary>
    public Guardian()
    {
        var start = Executable.StartInfo("dotnet", [typeof(Guardian).Assembly.Location, Command], Environment.CurrentDirectory, null);
        start.RedirectStandardInput = true;
        _process = Executable.Start(start);
    }

    /// <summary>Ends a process, with its children, once this process is gone.</summary>
    /// <param name="child">A running process.</param>
    public void Guard(Process child)
    {
        try
        {
            _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{child.Id} {child.StartTime.Ticks}"));
            _process.StandardInput.Flush();
        }
        catch (InvalidOperationException)
        {
            // The child has ended already.
        }
    }

    /// <summary>Makes the guardian end what still runs, and exit.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(TimeSpan.FromSeconds(30));
        _process.Dispose();
    }

    /// <summary>The guardian's own life: collects process ids until the pipe closes, then ends those that still run.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> WatchAsync()
    {
        // Ctrl+C reaches the whole group, but this process has to be the last one.
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => signal.Cancel = true);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => signal.Cancel = true);
        var children = new List<(int Id, long Started)>();
        while (Console.In.ReadLine() is { } line)
        {
            if (line.Split(' ') is [var id, var started])
                children.Add((int.Parse(id, CultureInfo.InvariantCulture), long.Parse(started, CultureInfo.InvariantCulture)));
        }
        // The emulator was started first and ends last: the app may still write to it.
        foreach (var (id, started) in Enumerable.Reverse(children))
            await EndAsync(id, started);
        return 0;
    }

    private static async Task EndAsync(int id, long started)
    {
        try
        {
            using var child = Process.GetProcessById(id);
            // The id may be another process's by now; start times are read with a precision of 10 ms.
            if (Math.Abs(child.StartTime.Ticks - started) < TimeSpan.TicksPerSecond)
                await Termination.EndAsync(child);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // It has ended.
        }
    }
}
