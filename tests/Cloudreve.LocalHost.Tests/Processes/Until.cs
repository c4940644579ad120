using System.Diagnostics;

namespace Cloudreve.LocalHost.Tests.Processes;

/// <summary>Waits for events that come soon, but are not announced.</summary>
internal static class Until
{
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, int seconds = 120)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"No {what} within {seconds} s.");
            await Task.Delay(50);
        }
    }

    public static Task GoneAsync(int process) => TrueAsync(
        () =>
        {
            try
            {
                using var found = Process.GetProcessById(process);
                return Task.FromResult(found.HasExited);
            }
            catch (ArgumentException)
            {
                return Task.FromResult(true);
            }
        },
        $"end of process {process}",
        seconds: 10);
}
