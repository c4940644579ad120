using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

/// <summary>Tries an action on accounts with a fault at its first storage call, at its second, and so on; each time with an account of its own.</summary>
internal sealed class FaultMatrix(AzuriteServer azurite)
{
    private const int MostCalls = 100;

    /// <summary>All kinds of faults.</summary>
    public static TheoryData<StorageFault> Faults =>
        [StorageFault.CrashBefore, StorageFault.CrashAfter, StorageFault.Unavailable, StorageFault.AnswerLost];

    /// <summary>Tries until the action completes without meeting its fault.</summary>
    /// <param name="prepareAsync">Makes an account with what the action needs, in a process without faults.</param>
    /// <param name="actAsync">The action, in a process with a fault.</param>
    /// <param name="judgeAsync">Judges in a process without faults; gets the exception of the action.</param>
    public async Task RunAsync<T>(
        StorageFault fault, Func<IdentityWorld, int, Task<T>> prepareAsync, Func<IdentityWorld, T, Task> actAsync,
        Func<IdentityWorld, T, Exception?, Task> judgeAsync)
    {
        var world = await IdentityWorld.CreateAsync(azurite);
        for (var index = 0; index < MostCalls; index++)
        {
            var prepared = await prepareAsync(world, index);
            var crash = new CrashPoint(index, fault);
            var process = new IdentityWorld(new StorageLayout(azurite.Connect(crash.Decide), world.Layout.Prefix), world.Clock);
            await process.Settings.GetAsync();
            crash.IsArmed = true;
            var error = await Record.ExceptionAsync(() => actAsync(process, prepared));
            crash.IsArmed = false;
            await judgeAsync(world, prepared, error);
            if (!crash.Struck)
                return;
        }
        Assert.Fail("The action never gets through.");
    }
}
