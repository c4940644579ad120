using Cloudreve.EndToEnd.HostDouble;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.EndToEnd;

/// <summary>Kills the app at random moments while it imports: as a process that stands alone, and as the handler of a Functions host.</summary>
public sealed class ImportKillTests(AzuriteServer azurite, ITestOutputHelper output)
{
    private readonly CrashPlan _plan = CrashPlan.Current();

    [Fact]
    public async Task Given_an_import_when_the_process_is_killed_again_and_again_then_it_completes_and_the_tree_is_exact()
    {
        output.WriteLine(_plan.Description);
        var prefix = AzuriteServer.UniqueName()[..12];
        string taskId;
        await using (var first = await AppProcess.StartAsync(azurite, prefix))
        {
            await first.SignInAsync();
            await _plan.WriteSourceAsync(first);
            taskId = await first.StartImportAsync("/src", "/copy");
            first.Kill();
        }
        foreach (var delay in _plan.Delays)
        {
            await using var killed = AppProcess.Launch(azurite, prefix);
            await Task.Delay(delay);
            killed.Kill();
        }
        await using var app = await AppProcess.StartAsync(azurite, prefix);
        await app.SignInAsync();

        await _plan.AssertExactAsync(app, taskId, output);
    }

    [Fact]
    public async Task Given_a_functions_host_when_its_handler_is_killed_again_and_again_during_an_import_then_it_completes_and_the_tree_is_exact()
    {
        output.WriteLine(_plan.Description);
        await using var app = await HostedApp.StartAsync();
        await app.SignInAsync();
        await _plan.WriteSourceAsync(app);
        var taskId = await app.StartImportAsync("/src", "/copy");

        var met = 0;
        foreach (var delay in _plan.Delays)
        {
            await Task.Delay(delay);
            met += app.Host.Hub.InstancesOf("ImportOrchestration").All(instance => instance.IsOver) ? 0 : 1;
            await app.KillHandlerAsync();
        }
        if (app.Host.HasStopped)
            await app.Host.RestartAsync();

        output.WriteLine($"{met} kills met the orchestration at work");
        await _plan.AssertExactAsync(app, taskId, output);
    }
}
