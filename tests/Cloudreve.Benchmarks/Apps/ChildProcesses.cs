using System.Diagnostics;
using System.Globalization;

namespace Cloudreve.Benchmarks.Apps;

/// <summary>Finds the processes that another one has started, which the runtime does not report.</summary>
internal static class ChildProcesses
{
    private const string ProcessFolder = "/proc";

    /// <summary>The children of a process that run.</summary>
    /// <exception cref="BenchmarkException">The system has no /proc.</exception>
    public static IEnumerable<Process> Of(Process parent)
    {
        if (!Directory.Exists(ProcessFolder))
            throw new BenchmarkException("This benchmark measures processes by /proc, which only Linux has.");
        foreach (var folder in Directory.EnumerateDirectories(ProcessFolder))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && ParentOf(folder) == parent.Id && Open(id) is { } child)
                yield return child;
        }
    }

    private static int? ParentOf(string folder)
    {
        try
        {
            var text = File.ReadAllText(Path.Combine(folder, "stat"));
            // id (name) state parent ...: the name may hold blanks and brackets.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended.
            return null;
        }
    }

    private static Process? Open(int id)
    {
        try
        {
            return Process.GetProcessById(id);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
