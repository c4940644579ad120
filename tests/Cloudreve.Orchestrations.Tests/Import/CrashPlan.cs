using Cloudreve.AzureStorage.Pipeline;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>Kills a process at one of its storage calls, or lets that call alone fail.</summary>
/// <param name="call">Number of the call, starting at 1.</param>
/// <param name="fault">The fault, which determines whether the call still takes effect, and whether the process dies.</param>
internal sealed class CrashPlan(int call, StorageFault fault)
{
    private int _calls;

    /// <summary>True if the process made the call.</summary>
    public bool WasReached => Volatile.Read(ref _calls) >= call;

    /// <summary>True if the process is dead.</summary>
    public bool HasStruck => IsCrash && WasReached;

    private bool IsCrash => fault is StorageFault.CrashBefore or StorageFault.CrashAfter;

    public StorageFault Decide(StorageCall made)
    {
        var n = Interlocked.Increment(ref _calls);
        // A dead process makes no further call.
        return n == call ? fault : n > call && IsCrash ? StorageFault.CrashBefore : StorageFault.None;
    }
}
