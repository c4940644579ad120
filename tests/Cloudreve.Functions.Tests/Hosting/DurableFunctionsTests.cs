using System.Net;
using System.Text.Json;
using Cloudreve.DurableTask;
using Cloudreve.Functions.Hosting;
using Cloudreve.Functions.Triggers;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class DurableFunctionsTests(AzuriteServer azurite)
{
    private sealed class Double : TaskActivity<int, int>
    {
        public override Task<int> RunAsync(TaskActivityContext context, int input) =>
            input < 0 ? throw new InvalidOperationException("negative") : Task.FromResult(2 * input);
    }

    private sealed class Doubling : TaskOrchestrator<int, int>
    {
        public override Task<int> RunAsync(TaskOrchestrationContext context, int input) => context.CallActivityAsync<int>("Double", input);
    }

    private static TriggerFunction[] Functions() =>
        [.. DurableFunctions.Create(new DurableTaskRegistry().AddActivity("Double", () => new Double()).AddOrchestrator("Doubling", () => new Doubling()))];

    private static async Task<string?> ReturnValueAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("ReturnValue").GetString();
    }

    [Fact]
    public async Task Given_an_activity_when_the_host_invokes_it_then_the_result_is_one_string_of_json_text()
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: true, Functions());

        var text = await ReturnValueAsync(await app.InvokeAsync("Double", """{"Data":{"input":"\"21\""},"Metadata":{"instanceId":"\"i\""}}"""));

        using var result = JsonDocument.Parse(text!);
        Assert.Contains("42", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_an_activity_that_fails_when_the_host_invokes_it_then_the_failure_is_an_answer()
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: true, Functions());

        var text = await ReturnValueAsync(await app.InvokeAsync("Double", """{"Data":{"input":"\"-1\""},"Metadata":{"instanceId":"\"i\""}}"""));

        Assert.Contains("negative", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_a_request_of_the_public_protocol_when_the_host_invokes_an_orchestrator_then_the_answer_is_base64()
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: true, Functions());
        // Field 1, instanceId, "i".
        byte[] request = [0x0a, 0x01, (byte)'i'];

        var text = await ReturnValueAsync(await app.InvokeAsync(
            "Doubling", "{\"Data\":{\"request\":\"\\\"" + Convert.ToBase64String(request) + "\\\"\"},\"Metadata\":{}}"));

        Assert.Equal(request, Convert.FromBase64String(text!)[..3]);
    }

    [Theory]
    [InlineData("""{"Data":{"request":"\"/////w==\""},"Metadata":{}}""")]
    [InlineData("""{"Data":{"request":"\"no base64\""},"Metadata":{}}""")]
    public async Task Given_bytes_that_are_no_request_when_the_host_invokes_an_orchestrator_then_the_invocation_fails(string payload)
    {
        await using var app = await HostedApp.StartAsync(azurite, underHost: true, Functions());

        Assert.Equal(HttpStatusCode.InternalServerError, (await app.InvokeAsync("Doubling", payload)).StatusCode);
    }
}
