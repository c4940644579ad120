using System.Text.Json;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Imports;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.AccountRemovals;
using Cloudreve.Orchestrations.Import;
using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Import;

/// <summary>The JSON that instances in flight hold: another release has to read it.</summary>
public sealed class PersistedFormatTests
{
    private static readonly ImportTaskReference s_task = new(1, 2);
    private static readonly ImportGroup s_group = new("000001-5", "q|000001|5", "q|000001|6", 2);
    private static readonly ImportTotals s_totals = new(10, 7, 2, 1, 1L << 40);
    private static readonly ImportFailure[] s_failures = [new("src/ü", "bad")];

    public static TheoryData<object, string> Payloads => new()
    {
        { s_task, """{"taskId":1,"ownerId":2}""" },
        { new ImportState(s_task), """{"task":{"taskId":1,"ownerId":2},"round":0,"sum":null,"firstFailures":null}""" },
        {
            new ImportState(s_task, 3, s_totals, s_failures),
            """{"task":{"taskId":1,"ownerId":2},"round":3,"sum":{"indexed":10,"imported":7,"skipped":2,"failed":1,"bytes":1099511627776},"firstFailures":[{"path":"src/\u00FC","reason":"bad"}]}"""
        },
        { new[] { s_group }, """[{"key":"000001-5","from":"q|000001|5","to":"q|000001|6","round":2}]""" },
        {
            new ImportFoldersInput(s_task, s_group),
            """{"task":{"taskId":1,"ownerId":2},"group":{"key":"000001-5","from":"q|000001|5","to":"q|000001|6","round":2}}"""
        },
        {
            new ImportGroupResult(s_totals, s_failures),
            """{"totals":{"indexed":10,"imported":7,"skipped":2,"failed":1,"bytes":1099511627776},"failures":[{"path":"src/\u00FC","reason":"bad"}]}"""
        },
        {
            new FinishImportInput(new ImportState(s_task), "why"),
            """{"state":{"task":{"taskId":1,"ownerId":2},"round":0,"sum":null,"firstFailures":null},"error":"why"}"""
        },
        {
            new AccountRemovalState(new AccountRemovalReference(1, 2, 3), IsLast: true, Failures: 4),
            """{"removal":{"taskId":1,"ownerId":2,"userId":3},"isLast":true,"failures":4}"""
        },
        {
            new FinishAccountRemovalInput(new AccountRemovalReference(1, 2, 3), "why"),
            """{"removal":{"taskId":1,"ownerId":2,"userId":3},"error":"why"}"""
        },
        { new StepState(new TaskReference(1, 2), Failures: 3, Count: 4), """{"task":{"taskId":1,"ownerId":2},"failures":3,"count":4}""" },
        {
            new SuspendTaskInput(new TaskReference(1, 2), 3, 4, "why"),
            """{"task":{"taskId":1,"ownerId":2},"failures":3,"count":4,"error":"why"}"""
        },
        { new FinishTaskInput(new TaskReference(1, 2), "why"), """{"task":{"taskId":1,"ownerId":2},"error":"why"}""" },
        { new StepAnswer(IsDone: false, WaitSeconds: 5), """{"isDone":false,"waitSeconds":5}""" },
        { ImportProgress.Of(new ImportState(s_task, 3, s_totals)), """{"round":3,"indexed":10,"imported":7,"skipped":2,"failed":1}""" },
    };

    [Theory]
    [MemberData(nameof(Payloads))]
    public void Given_a_payload_when_the_worker_writes_it_then_it_is_the_persisted_format(object payload, string json)
    {
        var serializer = new ServiceCollection().AddOrchestrations().BuildServiceProvider()
            .GetRequiredService<IOptions<WorkerOptions>>().Value.Serializer!;

        Assert.Equal(json, serializer.Serialize(payload, payload.GetType(), default).ToString());
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json));
        var read = serializer.Deserialize(stream, payload.GetType(), default);
        Assert.Equal(json, JsonSerializer.Serialize(read, payload.GetType(), OrchestrationJson.Options));
    }

    [Fact]
    public void Given_the_input_of_a_start_when_it_names_the_task_alone_then_it_is_read()
    {
        var state = JsonSerializer.Deserialize<ImportState>("""{"task":{"taskId":1,"ownerId":2}}""", OrchestrationJson.Options);

        Assert.Equal(new ImportState(s_task), state);
    }

    [Fact]
    public void Given_the_functions_when_listed_then_their_names_are_those_that_instances_know()
    {
        Assert.Equal(
            ["AccountRemovalOrchestration", "ArchiveCreationOrchestration", "ArchiveExtractionOrchestration", "FullTextRebuildOrchestration", "ImportFoldersOrchestration", "ImportOrchestration", "RelocationOrchestration", "RemoteDownloadOrchestration", "RemoteDownloadOrchestration2"],
            Replay.FunctionCatalog.Orchestrators.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            [
                "BeginAccountRemoval", "BeginImport", "ClaimImportFolders", "DownloadRemoteFile", "ExtractArchiveEntries", "FinishAccountRemoval", "FinishArchive", "FinishExtraction",
                "FinishFullTextRebuild", "FinishImport", "FinishRelocation", "FinishRemoteDownload", "ImportFolders", "RebuildFullTexts", "RelocateBlobs", "RemoveAccountData", "StepRemoteDownload", "SuspendTask",
                "WriteArchive",
            ],
            Replay.FunctionCatalog.Activities.Keys.Order(StringComparer.Ordinal));
    }
}
