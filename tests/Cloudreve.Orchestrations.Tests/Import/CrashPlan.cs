using Cloudreve.AzureStorage.Pipeline;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>Kills a process at one of its storage calls.</summary>
/// <param name="call">Number of the call, starting at 1.</param>
/// <param name="fault">The fault, which determines whether the call still takes effect.</param>
internal sealed class CrashPlan(int call, StorageFault fault)
{
    private int _calls;

    /// <summary>True if the process is dead.</summary>
    public bool HasStruck => Volatile.Read(ref _calls) >= call;

    public StorageFault Decide(StorageCall made)
    {
        var n = Interlocked.Increment(ref _calls);
        // A dead process makes no further call.
        return n < call ? StorageFault.None : n == call ? fault : StorageFault.CrashBefore;
    }
}
