using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Core.Tests;

/// <summary>The tables of one test, which it shares with nobody. Every connection is a "process" with its own counter and faults.</summary>
internal sealed class Installation
{
    private readonly AzuriteServer _azurite;
    private readonly string _prefix;

    private Installation(AzuriteServer azurite, string prefix) => (_azurite, _prefix) = (azurite, prefix);

    public static async Task<Installation> CreateAsync(AzuriteServer azurite)
    {
        var installation = new Installation(azurite, AzuriteServer.UniqueName());
        await Task.WhenAll(installation.Connect().AllTables.Select(table => table.CreateIfNotExistsAsync()));
        return installation;
    }

    public StorageLayout Connect(Func<StorageCall, StorageFault>? faults = null) => new(_azurite.Connect(faults), _prefix);

    /// <summary>A connection whose process dies at its call number <paramref name="index"/>, counted from 0 once armed.</summary>
    public (StorageLayout Layout, CrashPoint Crash) ConnectWithCrash(int index, StorageFault fault)
    {
        var crash = new CrashPoint(index, fault);
        return (Connect(crash.Decide), crash);
    }

    /// <summary>All rows of a partition, in order of their keys.</summary>
    public static async Task<List<Row>> ReadPartitionAsync(Table table, string partitionKey)
    {
        var rows = new List<Row>();
        await foreach (var row in table.QueryAsync(new RowRange(partitionKey)))
            rows.Add(row);
        return rows;
    }

    /// <summary>Counts the rows of a table.</summary>
    public static async Task<int> CountRowsAsync(Table table)
    {
        var count = 0;
        await foreach (var _ in table.ScanAsync())
            count++;
        return count;
    }
}

/// <summary>Injects one fault at one call.</summary>
internal sealed class CrashPoint(int index, StorageFault fault)
{
    private int _calls;

    /// <summary>True once calls are counted; set it after the preparation of a test.</summary>
    public bool IsArmed { get; set; }

    /// <summary>True if the fault was injected.</summary>
    public bool Struck { get; private set; }

    public StorageFault Decide(StorageCall call)
    {
        // Nothing that the process does after its death reaches the storage.
        if (Struck && fault is (StorageFault.CrashBefore or StorageFault.CrashAfter))
            return StorageFault.CrashBefore;
        if (!IsArmed || Interlocked.Increment(ref _calls) - 1 != index)
            return StorageFault.None;
        Struck = true;
        return fault;
    }
}
