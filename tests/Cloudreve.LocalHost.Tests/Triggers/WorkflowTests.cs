using Cloudreve.LocalHost.Tests.Processes;
using Xunit;

namespace Cloudreve.LocalHost.Tests.Triggers;

[Collection(RunningHostCollection.Name)]
public sealed class WorkflowTests(RunningHost running)
{
    [Fact]
    public async Task Generations_and_sub_orchestrations_come_to_their_end()
    {
        await running.Client.PostAsync("/workflows/CountDown/count-1?input=3", null);
        Assert.Equal("Completed \"done 0\"", await AwaitEndAsync("count-1"));
    }

    [Fact]
    public async Task A_failing_activity_fails_its_orchestration_with_type_and_text()
    {
        await running.Client.PostAsync("/workflows/FailWorkflow/fail-1?input=7", null);
        var end = await AwaitEndAsync("fail-1");
        Assert.StartsWith("Failed", end, StringComparison.Ordinal);
        Assert.Contains("no 7", end, StringComparison.Ordinal);
    }

    private async Task<string> AwaitEndAsync(string id)
    {
        var status = "";
        await Until.TrueAsync(
            async () => (status = await running.Client.GetStringAsync($"/workflows/{id}")).Split(' ')[0] is "Completed" or "Failed", "end");
        return status;
    }
}
