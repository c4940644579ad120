using System.Diagnostics;

namespace Cloudreve.Benchmarks.Apps;

/// <summary>The resources that a process has used until now.</summary>
internal readonly struct ProcessUse
{
    /// <summary>Reads it.</summary>
    public ProcessUse(Process process)
    {
        process.Refresh();
        ResidentMegabytes = process.WorkingSet64 / 1e6;
        PeakResidentMegabytes = process.PeakWorkingSet64 / 1e6;
        ProcessorTime = process.TotalProcessorTime;
    }

    /// <summary>Memory now.</summary>
    public double ResidentMegabytes { get; }

    /// <summary>The most memory at once.</summary>
    public double PeakResidentMegabytes { get; }

    /// <summary>Time that processors have spent on it.</summary>
    public TimeSpan ProcessorTime { get; }
}
