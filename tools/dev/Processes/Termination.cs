using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Cloudreve.Dev.Processes;

/// <summary>Ends other processes: first by request, so that they can save their data, then by force.</summary>
internal static partial class Termination
{
    private const int SigTerm = 15;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(25);

    /// <summary>Ends a process and, if it has to be forced, all its children. Windows has no suitable request: it is forced.</summary>
    /// <param name="process">The process; it may have ended.</param>
    public static async Task EndAsync(Process process)
    {
        try
        {
            if (process.HasExited)
                return;
            if (OperatingSystem.IsWindows() || Kill(process.Id, SigTerm) != 0)
                process.Kill(entireProcessTree: true);
            using var timeout = new CancellationTokenSource(s_timeout);
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended in between.
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
