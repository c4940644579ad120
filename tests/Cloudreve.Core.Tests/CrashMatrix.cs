using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Storage;

namespace Cloudreve.Core.Tests;

/// <summary>A site that other processes can also work on.</summary>
/// <typeparam name="TSelf">The kind of site.</typeparam>
internal interface IRestartable<out TSelf>
    where TSelf : IRestartable<TSelf>
{
    StorageLayout Layout { get; }

    /// <summary>Another process on the same storage: nothing cached, and faults of its own.</summary>
    TSelf Restart(Func<StorageCall, StorageFault>? faults = null);
}

/// <summary>Tries an action with a fault at its first storage call, at its second, and so on.</summary>
internal static class CrashMatrix
{
    // Tries wait for the storage most of the time.
    private const int Lanes = 2;
    private const int MostCalls = 1000;

    /// <summary>Tries until the action gets through without meeting its fault; each time the site is as it was prepared.</summary>
    /// <param name="prepareAsync">Makes a site; called once for each lane.</param>
    /// <param name="tryAsync">
    /// Acts on the prepared site with a fault at the call of this number, counted from 0, and judges the outcome. Says whether the
    /// fault was met.
    /// </param>
    /// <returns>The number of tries, including the one without a fault.</returns>
    public static async Task<int> RunAsync<TSite>(Func<Task<TSite>> prepareAsync, Func<TSite, int, Task<bool>> tryAsync)
        where TSite : IRestartable<TSite>
    {
        var next = -1;
        var end = MostCalls;
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(_ => RunLaneAsync()));
        return end < MostCalls ? end + 1 : throw new InvalidOperationException("The action never gets through.");

        async Task RunLaneAsync()
        {
            var site = await prepareAsync();
            var layout = site.Layout;
            var snapshot = await StorageSnapshot.TakeAsync(
                layout.AllTables,
                [layout.Container(layout.FilesContainerName), layout.Container(layout.SnapshotsContainerName), layout.Container(layout.FullTextContainerName)]);
            for (var isFirst = true; Interlocked.Increment(ref next) is var index && index < Volatile.Read(ref end); isFirst = false)
            {
                if (!isFirst)
                    await snapshot.RestoreAsync();
                if (!await tryAsync(site.Restart(), index))
                    LowerTo(index);
            }
        }

        void LowerTo(int index)
        {
            for (var known = end; index < known; known = end)
                Interlocked.CompareExchange(ref end, index, known);
        }
    }
}
