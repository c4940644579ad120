using System.Net;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Hosting.Bindings;
using Cloudreve.Functions.Hosting.Invocation;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class InvocationTests(AzuriteServer azurite)
{
    private const string StartPayload =
        """{"Data":{"message":"\"{\\\"name\\\":\\\"Import\\\",\\\"instanceId\\\":\\\"7\\\",\\\"input\\\":{\\\"taskId\\\":7}}\""},"Metadata":{"DequeueCount":"1"}}""";

    [Fact]
    public async Task Given_a_start_message_when_the_host_invokes_the_function_then_the_answer_starts_an_instance()
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: true);

        var answer = await app.InvokeAsync("StartOrchestration", StartPayload);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(
            """{"Outputs":{"starter":{"FunctionName":"Import","InstanceId":"7","Input":{"taskId":7}}},"Logs":[]}""",
            await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Given_a_host_that_asks_for_readiness_when_the_app_listens_then_it_answers()
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: true);

        var answer = await app.Client.GetAsync("/");

        Assert.True((int)answer.StatusCode > 0);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("no json")]
    [InlineData("""{"Data":{"message":"\"no json\""}}""")]
    [InlineData("""{"Data":{"message":"\"{}\""}}""")]
    public async Task Given_a_broken_payload_when_the_host_invokes_a_function_then_the_invocation_fails(string payload)
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: true);

        var answer = await app.InvokeAsync("StartOrchestration", payload);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
    }

    [Fact]
    public async Task Given_a_transient_fault_in_an_orchestration_when_the_host_invokes_it_then_there_is_no_answer()
    {
        var entered = new TaskCompletionSource();
        var failing = new TriggerFunction("Failing", new OrchestrationTrigger("context"), (_, _, _) =>
        {
            entered.SetResult();
            throw new IOException("transient");
        });
        await using var app = await HostedApp.StartAsync(azurite, underHost: true, failing);

        var answer = app.InvokeAsync("Failing", """{"Data":{"context":"\"\""},"Metadata":{}}""");
        await entered.Task;
        await Task.WhenAny(answer, Task.Delay(200));

        Assert.False(answer.IsCompleted);
        app.Client.CancelPendingRequests();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
    }

    [Fact]
    public async Task Given_the_standalone_mode_when_a_client_posts_to_a_functions_name_then_there_is_no_such_page()
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: false);

        var answer = await app.InvokeAsync("StartOrchestration", StartPayload);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Fact]
    public void Given_two_functions_of_one_name_when_they_are_gathered_then_it_is_refused()
    {
        var function = new TriggerFunction("Same", new ActivityTrigger("input"), (_, _, _) => Task.FromResult(InvocationResponse.Done));

        Assert.Throws<InvalidOperationException>(() => new TriggerFunctions([function, function with { Name = "same" }]));
    }
}
