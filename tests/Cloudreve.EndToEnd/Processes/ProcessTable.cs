using System.Globalization;

namespace Cloudreve.EndToEnd.Processes;

/// <summary>Reads what Linux reports about processes.</summary>
internal static class ProcessTable
{
    /// <summary>The processes that a process has started and that still run.</summary>
    public static IReadOnlyList<int> ChildrenOf(int processId) =>
        [.. ProcessIds().Where(id => ReadStat(id) is { } stat && stat.Parent == processId && stat.IsAlive)];

    /// <summary>The processes that run with an environment variable of a value, whoever started them.</summary>
    public static IReadOnlyList<int> FindByVariable(string name, string value) =>
        [.. ProcessIds().Where(id => ReadVariables(id).Contains($"{name}={value}") && ReadStat(id) is { IsAlive: true })];

    /// <summary>Resident memory in bytes.</summary>
    public static long MemoryOf(int processId) => ReadMemory(processId, "VmRSS:");

    /// <summary>The largest resident memory so far, in bytes.</summary>
    public static long PeakMemoryOf(int processId) => ReadMemory(processId, "VmHWM:");

    private static IEnumerable<int> ProcessIds() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
        .Where(id => id > 0);

    private static string[] ReadVariables(int processId)
    {
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/environ")).Split('\0');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return [];
        }
    }

    private static (int Parent, bool IsAlive)? ReadStat(int processId)
    {
        try
        {
            // The name stands in brackets and may hold blanks; state and parent follow.
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return (int.Parse(fields[1], CultureInfo.InvariantCulture), fields[0] is not ("Z" or "X"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long ReadMemory(int processId, string field)
    {
        var lines = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/status"));
        var kilobytes = lines.First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Trim();
        return long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024;
    }
}
