using System.Globalization;

namespace Cloudreve.Load.Measures;

/// <summary>The resources that a process holds, as Linux reports them.</summary>
/// <param name="ResidentMegabytes">Memory.</param>
/// <param name="Descriptors">Open files, sockets and pipes.</param>
public sealed record ProcessSample(double ResidentMegabytes, int Threads, int Descriptors)
{
    /// <summary>Reads it; null when the process has ended.</summary>
    public static ProcessSample? Of(int? processId)
    {
        if (processId is null)
            return null;
        try
        {
            var folder = $"/proc/{processId}";
            var status = File.ReadAllLines(folder + "/status");
            return new ProcessSample(Number(status, "VmRSS:") * 1024 / 1e6, (int)Number(status, "Threads:"), Directory.GetFileSystemEntries(folder + "/fd").Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{ResidentMegabytes:F0} MB, {Threads} threads, {Descriptors} descriptors";

    private static long Number(string[] status, string field) => long.Parse(
        status.First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
        CultureInfo.InvariantCulture);
}
