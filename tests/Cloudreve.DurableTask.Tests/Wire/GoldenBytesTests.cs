using Xunit;

namespace Cloudreve.DurableTask.Tests.Wire;

/// <summary>Bytes written by hand from the public protocol definition: names do not travel, so the numbers are what must not change.</summary>
public sealed class GoldenBytesTests
{
    private static readonly DurableTaskRegistry s_registry = RegistryExtensions.NewRegistry()
        .Orchestrator<string, string>("o", async (c, input) =>
        {
            c.SetCustomStatus(1);
            return await c.CallActivityAsync<string>("a", input);
        });

    // OrchestratorRequest { instanceId(1) = "i", newEvents(4) = [
    //   { eventId(1) = -1, timestamp(2) = {}, orchestratorStarted(14) = {} },
    //   { eventId(1) = -1, timestamp(2) = {}, executionStarted(3) = { name(1) = "o", input(3) = { value(1) = "x" in quotes } } } ] }
    private const string FirstRequest =
        "0A0169" +
        "220F" + "08FFFFFFFFFFFFFFFFFF01" + "1200" + "7200" +
        "2219" + "08FFFFFFFFFFFFFFFFFF01" + "1200" + "1A0A" + "0A016F" + "1A05" + "0A03227822";

    [Fact]
    public async Task Given_the_bytes_of_a_start_when_they_are_executed_then_the_answer_has_the_expected_bytes()
    {
        var request = Convert.FromHexString(FirstRequest);

        var response = await new OrchestratorExecutor(s_registry).ExecuteAsync(request);

        // OrchestratorResponse { instanceId(1) = "i", actions(2) = [ { id(1) = 0 (left out), scheduleTask(2) = { name(1) = "a",
        //   input(3) = { value(1) = "\"x\"" } } } ], customStatus(3) = { value(1) = "1" } }
        Assert.Equal("0A0169" + "120C" + "120A" + "0A0161" + "1A05" + "0A03227822" + "1A03" + "0A0131", Convert.ToHexString(response));
    }

    [Fact]
    public async Task Given_a_history_with_a_result_when_it_is_executed_then_the_completion_has_the_expected_bytes()
    {
        const string past = "08FFFFFFFFFFFFFFFFFF01" + "1200";
        // taskScheduled(6) { name(1) = "a" } with eventId 0; taskCompleted(7) { taskScheduledId(1) = 0, result(2) = { value(1) = {"result":"r"} } }
        var request = Convert.FromHexString(
            "0A0169" +
            "1A0F" + past + "7200" +
            "1A14" + past + "1A05" + "0A016F" + "1A00" +
            "1A07" + "1200" + "3203" + "0A0161" +
            "1A0F" + past + "7A00" +
            "220F" + past + "7200" +
            "2220" + past + "3A11" + "120F" + "0A0D" + Convert.ToHexString("""{"result":42}"""u8));

        var registry = RegistryExtensions.NewRegistry().Orchestrator<string, int>("o", (c, _) => c.CallActivityAsync<int>("a"));
        var response = await new OrchestratorExecutor(registry).ExecuteAsync(request);

        // actions(2) = [ { id(1) = 1, completeOrchestration(6) = { orchestrationStatus(1) = COMPLETED = 1, result(2) = { value(1) = "42" } } } ]
        Assert.Equal("0A0169" + "120C" + "0801" + "3208" + "0801" + "1204" + "0A023432", Convert.ToHexString(response));
    }

    [Fact]
    public async Task Given_an_event_of_an_unknown_kind_when_it_is_executed_then_it_is_passed_over()
    {
        // A history event with field 27 (entityLockRequested), which this library does not speak: DA01 00.
        var request = Convert.FromHexString(
            "0A0169" +
            "220F" + "08FFFFFFFFFFFFFFFFFF01" + "1200" + "7200" +
            "2210" + "08FFFFFFFFFFFFFFFFFF01" + "1200" + "DA0100" +
            "2212" + "08FFFFFFFFFFFFFFFFFF01" + "1200" + "1A03" + "0A016F");

        var response = await new OrchestratorExecutor(s_registry).ExecuteAsync(request);

        Assert.Contains("0A0161", Convert.ToHexString(response), StringComparison.Ordinal);
    }
}
