using Xunit;

namespace Cloudreve.EndToEnd.Processes;

/// <summary>Measures how far the resident memory of a host and its worker rises.</summary>
internal sealed class MemoryGrowth
{
    private readonly Dictionary<int, long> _before;
    private readonly int _hostId;

    private MemoryGrowth(int hostId, int workerId)
    {
        _hostId = hostId;
        _before = new[] { hostId, workerId }.ToDictionary(id => id, ProcessTable.MemoryOf);
    }

    /// <summary>Begins to measure.</summary>
    public static async Task<MemoryGrowth> BeginAsync(HostProcess host) => new(host.Id, await host.FindWorkerAsync());

    /// <summary>Checks that the peaks since the beginning lie less than a number of bytes above it.</summary>
    public void AssertBelow(long bytes)
    {
        foreach (var (processId, before) in _before)
        {
            var growth = ProcessTable.PeakMemoryOf(processId) - before;
            var finding = $"The {(processId == _hostId ? "host" : "worker")} grew by {growth >> 20} MiB from {before >> 20} MiB.";
            TestContext.Current.TestOutputHelper?.WriteLine(finding);
            Assert.True(growth < bytes, finding);
        }
    }
}
