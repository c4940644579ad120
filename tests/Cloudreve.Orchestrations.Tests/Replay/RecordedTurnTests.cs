using Cloudreve.Core.Imports;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Testing.Azurite;
using Microsoft.DurableTask.Protobuf;
using Xunit;
using EventType = Microsoft.DurableTask.Protobuf.HistoryEvent.EventTypeOneofCase;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>
/// Turns of an import as the official engine has asked for them: instances in flight hold such histories, and code that is deployed
/// over them has to answer the same. The file was recorded with the test app's setting RECORD_TURNS.
/// </summary>
public sealed class RecordedTurnTests
{
    private static readonly IReadOnlyList<(string Orchestrator, OrchestratorRequest Request)> s_turns = [.. ReadTurns()];

    [Fact]
    public void Given_the_recorded_turns_when_they_are_replayed_then_none_fails_and_the_last_one_completes()
    {
        var ends = s_turns.Select(t => EndOf(ReplayProcess.Execute(t.Orchestrator, t.Request))).OfType<CompleteOrchestrationAction>().ToList();

        Assert.DoesNotContain(ends, e => e.OrchestrationStatus == OrchestrationStatus.Failed);
        Assert.Equal(OrchestrationStatus.Completed, ends[^1].OrchestrationStatus);
        Assert.Equal(2, ends.Count(e => e.OrchestrationStatus == OrchestrationStatus.ContinuedAsNew));
    }

    [Fact]
    public void Given_the_recorded_turns_when_read_then_generations_begin_where_the_one_before_ended()
    {
        EventType[] beginning = [EventType.OrchestratorStarted, EventType.ExecutionStarted, EventType.OrchestratorCompleted, EventType.TaskScheduled];

        Assert.Contains(s_turns, t => t.Request.PastEvents.Select(e => e.EventTypeCase).Take(4).SequenceEqual(beginning));
    }

    [Fact]
    public void Given_a_recorded_turn_when_each_answer_is_carried_out_then_it_is_what_the_next_turn_holds()
    {
        // The calls that a replay makes are those that the engine has recorded, in the same order.
        foreach (var group in s_turns.GroupBy(t => GenerationOf(t.Request)))
        {
            var calls = group.SelectMany(t => ReplayProcess.Execute(t.Orchestrator, t.Request).Actions).Select(NameOf).OfType<string>();
            var last = group.Last().Request;
            var recorded = last.PastEvents.Concat(last.NewEvents).Select(NameOf).OfType<string>();
            Assert.Equal(recorded, calls.Take(recorded.Count()));
        }
    }

    [Fact]
    public void Given_the_coordinators_turns_when_other_code_replays_them_then_that_is_noticed()
    {
        var last = s_turns.Last(t => t.Orchestrator == ImportOrchestration.Name).Request;

        var end = EndOf(ReplayProcess.Execute(ImportFoldersOrchestration.Name, last));

        Assert.Equal("DurableTask.Core.Exceptions.NonDeterministicOrchestrationException", end!.FailureDetails.ErrorType);
    }

    [Fact]
    public async Task Given_every_turn_of_a_run_when_it_is_executed_again_then_the_answer_is_the_same()
    {
        var left = 3;
        var hub = new ReplayHub();
        hub.TryStart(ImportOrchestration.Name, "import-1", """{"task":{"taskId":1,"ownerId":2}}""");
        await hub.RunAsync(new ScriptedActivities()
            .On(ImportActivities.BeginImport, _ => true)
            .On(ImportActivities.ClaimImportFolders, _ => left-- > 0 ? new[] { Group("a"), Group("b") } : [])
            .On(ImportActivities.ImportFolders, _ => left % 2 == 0 ? throw new InvalidOperationException("again") : new ImportGroupResult(ImportTotals.Zero, []))
            .On(ImportActivities.FinishImport, _ => true));

        Assert.True(hub.Turns.Count > 10);
        Assert.All(hub.Turns, t => Assert.Equal(t.Response, ReplayProcess.Execute(t.Orchestrator, t.Request)));
    }

    private static IEnumerable<(string Orchestrator, OrchestratorRequest Request)> ReadTurns() =>
        File.ReadLines(Path.Combine(AzuriteServer.RepositoryRoot, "tests", "Cloudreve.Orchestrations.Tests", "Replay", "recorded-turns.txt"))
            .Select(line => line.Split(' '))
            .Select(parts => (parts[0], OrchestratorRequest.Parser.ParseFrom(Convert.FromBase64String(parts[1]))));

    private static string GenerationOf(OrchestratorRequest request) =>
        request.PastEvents.Concat(request.NewEvents).First(e => e.ExecutionStarted is not null).ExecutionStarted.OrchestrationInstance.ExecutionId;

    private static CompleteOrchestrationAction? EndOf(OrchestratorResponse response) =>
        response.Actions.Select(a => a.CompleteOrchestration).SingleOrDefault(c => c is not null);

    private static string? NameOf(OrchestratorAction action) => action.ScheduleTask?.Name ?? action.CreateSubOrchestration?.Name;

    private static string? NameOf(HistoryEvent happened) => happened.TaskScheduled?.Name ?? happened.SubOrchestrationInstanceCreated?.Name;

    private static ImportGroup Group(string key) => new(key, key, key, 1);
}
