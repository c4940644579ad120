using System.Net;
using System.Text.Json;
using Cloudreve.DurableTask.Protocol;
using Cloudreve.EndToEnd.HostDouble;
using OrchestrationInstance = Cloudreve.EndToEnd.HostDouble.TaskHub.OrchestrationInstance;
using Xunit;

namespace Cloudreve.EndToEnd;

public sealed class HostedAppTests
{
    [Fact]
    public async Task Given_a_functions_host_when_an_administrator_imports_a_tree_then_it_can_be_browsed_and_downloaded_byte_for_byte()
    {
        await using var app = await HostedApp.StartAsync();

        await ImportJourney.ImportAndBrowseAsync(app);
    }

    [Fact]
    public async Task Given_a_functions_host_when_the_handler_crashes_for_the_third_time_then_the_host_stops_until_it_is_started_again()
    {
        await using var app = await HostedApp.StartAsync();
        for (var i = 1; i <= 3; i++)
            await app.Host.KillHandlerAsync();
        await app.EventuallyAsync(() => Task.FromResult(app.Host.HasStopped));
        using var client = new HttpClient { BaseAddress = app.BaseAddress };
        using (var refused = await client.GetAsync("/api/v4/site/ping"))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);

        await app.Host.RestartAsync();

        using var answer = await client.GetAsync("/api/v4/site/ping");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Given_messages_that_nobody_understands_when_they_failed_five_times_then_they_are_in_the_poison_queues()
    {
        const string UnknownOperation = """{"instanceId":"import-1","operation":"Rewind"}""";
        await using var app = await HostedApp.StartAsync();
        await app.SignInAsync();

        await app.Storage.Queue("cloudreve-start").SendAsync("no start");
        await app.Storage.Queue("cloudreve-control").SendAsync(UnknownOperation);

        Assert.Equal("no start", await AwaitPoisonAsync(app, "cloudreve-start"));
        Assert.Equal(UnknownOperation, await AwaitPoisonAsync(app, "cloudreve-control"));
        Assert.All((string[])["StartOrchestration", "ControlOrchestration"], function =>
        {
            Assert.Contains(function + ", attempt 5", app.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(function + ", attempt 6", app.Output, StringComparison.Ordinal);
        });
        Assert.Contains("The control message is not understood", app.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_functions_host_when_an_import_is_suspended_through_the_control_queue_then_it_completes_once_it_is_resumed()
    {
        await using var app = await HostedApp.StartAsync();
        await ImportJourney.WriteManyAsync(app, files: 20, folders: 4);
        await app.SignInAsync();
        var (taskId, instance) = await StartHeldImportAsync(app);
        await ControlAsync(app, instance, "Suspend");
        app.Host.Hub.Release();
        await app.EventuallyAsync(() => Task.FromResult(instance.Status == OrchestrationStatus.Suspended));

        var control = app.Storage.Queue("cloudreve-control");
        await control.SendAsync($$"""{"instanceId":"{{instance.Id}}","operation":"RaiseEvent","eventName":"look","payload":7}""");
        await control.SendAsync($$"""{"instanceId":"{{instance.Id}}","operation":"Resume"}""");

        await ImportJourney.AssertExactAsync(app, taskId, files: 20, folders: 4);
        Assert.Equal(OrchestrationStatus.Completed, instance.Status);
    }

    [Fact]
    public async Task Given_a_functions_host_when_an_orchestration_is_terminated_through_the_control_queue_then_it_ends_with_the_given_result()
    {
        await using var app = await HostedApp.StartAsync();
        await app.SignInAsync();
        var (_, instance) = await StartHeldImportAsync(app);

        await ControlAsync(app, instance, "Terminate\",\"payload\":\"enough");
        app.Host.Hub.Release();

        await app.EventuallyAsync(() => Task.FromResult(instance.IsOver));
        Assert.Equal((OrchestrationStatus.Terminated, "\"enough\""), (instance.Status, instance.Output));
    }

    [Fact]
    public async Task Given_a_task_that_has_lost_its_orchestration_when_the_timer_fires_then_it_is_taken_up_again_and_completes()
    {
        await using var app = await HostedApp.StartAsync();
        await ImportJourney.WriteManyAsync(app, files: 20, folders: 4);
        await app.SignInAsync();
        var (taskId, instance) = await StartHeldImportAsync(app);
        await ControlAsync(app, instance, "Terminate");
        app.Host.Hub.Release();
        await app.EventuallyAsync(() => Task.FromResult(instance.IsOver));
        await foreach (var row in app.Storage.Table("cloudrevetasks").ScanAsync("type eq 'import'"))
        {
            // As though it had begun and stood still for an hour.
            row["status"] = 1;
            row["u"] = TimeProvider.System.GetUtcNow().AddHours(-1);
            await app.Storage.Table("cloudrevetasks").ReplaceAsync(row, "*");
        }

        await app.Host.FireTimerAsync("RestartLostTasks");

        await ImportJourney.AssertExactAsync(app, taskId, files: 20, folders: 4);
    }

    [Fact]
    public async Task Given_a_functions_host_when_event_grid_tells_of_a_blob_then_it_becomes_a_file_of_that_user()
    {
        await using var app = await HostedApp.StartAsync();
        await app.SignInAsync();
        var name = $"imports/{app.UserId}/inbox/scan 1.pdf";
        await app.WriteAsync(name, "%PDF"u8.ToArray());

        await app.Storage.Queue("cloudreve-blob-events").SendAsync(JsonSerializer.Serialize(new
        {
            topic = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/account",
            subject = $"/blobServices/default/containers/cloudreve-files/blobs/{name}",
            eventType = "Microsoft.Storage.BlobCreated",
            id = Guid.NewGuid(),
            data = new { api = "PutBlob", eTag = "0x8D9", contentType = "application/pdf", contentLength = 4, blobType = "BlockBlob" },
            dataVersion = "",
            metadataVersion = "1",
            eventTime = TimeProvider.System.GetUtcNow(),
        }));

        await app.EventuallyAsync(async () => (await app.NamesAsync("cloudreve://my")).Contains("inbox"));
        await app.EventuallyAsync(async () => (await app.NamesAsync("cloudreve://my/inbox")).Contains("scan 1.pdf"));
        Assert.Equal("%PDF"u8.ToArray(), await app.DownloadAsync((await app.FilesAsync("cloudreve://my/inbox"))[0]));
    }

    [Fact]
    public async Task Given_a_functions_host_when_a_timer_fires_then_the_function_takes_its_payload()
    {
        await using var app = await HostedApp.StartAsync();

        await app.Host.FireTimerAsync("RestartLostTasks");

        await Assert.ThrowsAsync<InvalidOperationException>(() => app.Host.FireTimerAsync("StartOrchestration"));
    }

    [Fact]
    public async Task Given_a_functions_host_when_no_function_has_the_route_and_method_then_there_is_no_such_thing()
    {
        await using var app = await HostedApp.StartAsync();
        using var client = new HttpClient { BaseAddress = app.BaseAddress };

        using var unlistedMethod = await client.DeleteAsync("/api/v4/site/ping");
        using var queueFunction = await client.PostAsync("/StartOrchestration", content: null);
        using var orchestrator = await client.PostAsync("/ImportOrchestration", content: null);

        Assert.Equal(
            [HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound],
            [unlistedMethod.StatusCode, queueFunction.StatusCode, orchestrator.StatusCode]);
    }

    private static async Task<string> AwaitPoisonAsync(HostedApp app, string queue)
    {
        var poison = app.Storage.Queue(queue + "-poison");
        await poison.CreateIfNotExistsAsync();
        string? body = null;
        await app.EventuallyAsync(async () =>
            (body = await poison.ReceiveAsync(1, TimeSpan.FromMinutes(1)) is [var message] ? message.Body : null) is not null);
        Assert.Empty(await app.Storage.Queue(queue).ReceiveAsync(1, TimeSpan.FromMinutes(1)));
        return body!;
    }

    /// <summary>Begins an import whose orchestrator is not told anything before the hub is released.</summary>
    private static async Task<(string TaskId, OrchestrationInstance Instance)> StartHeldImportAsync(HostedApp app)
    {
        app.Host.Hub.Hold();
        var taskId = await app.StartImportAsync("/src", "/copy");
        await app.EventuallyAsync(() => Task.FromResult(app.Host.Hub.InstancesOf("ImportOrchestration").Count == 1));
        return (taskId, app.Host.Hub.InstancesOf("ImportOrchestration")[0]);
    }

    /// <summary>Sends a control message and waits until the host's hub has it.</summary>
    private static async Task ControlAsync(HostedApp app, OrchestrationInstance instance, string operation)
    {
        var before = instance.MailCount;
        await app.Storage.Queue("cloudreve-control").SendAsync($$"""{"instanceId":"{{instance.Id}}","operation":"{{operation}}"}""");
        await app.EventuallyAsync(() => Task.FromResult(instance.MailCount > before));
    }
}
