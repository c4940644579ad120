using System.Text.Json;
using Cloudreve.AzureStorage.Queues;
using Cloudreve.DurableTask.Protocol;
using Cloudreve.EndToEnd.HostDouble;
using Cloudreve.Functions.Hosting.Invocation;
using Xunit;

namespace Cloudreve.EndToEnd;

/// <summary>The double's payloads, and that the product reads them.</summary>
public sealed class TriggerPayloadTests
{
    private const string Message = """{"text":"a \"quoted\" Ü"}""";

    [Fact]
    public void Given_a_queue_message_when_it_is_written_then_its_body_is_a_string_within_a_string()
    {
        var sent = new QueueMessage("id-1", "receipt", Message, 3, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

        var payload = TriggerPayload.Queue(Function("queueTrigger"), sent);

        using var document = JsonDocument.Parse(payload);
        var data = document.RootElement.GetProperty("Data").GetProperty("value").GetString()!;
        Assert.Equal(Message, JsonSerializer.Deserialize<string>(data));
        var request = InvocationRequest.Parse("1", payload);
        Assert.Equal(Message, request.Text("value"));
        Assert.Equal("3", request.Metadata("DequeueCount"));
        Assert.Equal("id-1", request.Metadata("Id"));
    }

    [Fact]
    public void Given_an_activity_when_it_is_written_then_its_input_is_parsed_twice_and_the_instance_is_named()
    {
        var request = InvocationRequest.Parse("1", TriggerPayload.Activity(Function("activityTrigger"), "instance-1", Message));

        Assert.Equal(Message, request.OptionalText("value"));
        Assert.Equal("instance-1", request.Metadata("instanceId"));
    }

    [Fact]
    public void Given_a_turn_when_it_is_written_then_it_is_quoted_base64_of_the_request()
    {
        var sent = new OrchestratorRequest { InstanceId = "instance-1" };

        var request = InvocationRequest.Parse("1", TriggerPayload.Orchestration(Function("orchestrationTrigger"), "instance-1", sent));

        Assert.Equal(sent, OrchestratorRequest.Parser.ParseFrom(request.QuotedBytes("value")));
    }

    [Fact]
    public void Given_a_timer_when_it_is_written_then_its_state_is_an_object()
    {
        var request = InvocationRequest.Parse("1", TriggerPayload.Timer(Function("timerTrigger"), DateTimeOffset.UnixEpoch));

        var state = request.Object("value").Deserialize<TimerState>()!;

        Assert.False(state.IsPastDue);
        Assert.Equal(DateTimeOffset.UnixEpoch, state.ScheduleStatus!.Next);
    }

    private static HostedFunction Function(string trigger) =>
        HostedFunction.Parse("Function", $$"""{"bindings":[{"type":"{{trigger}}","name":"value","direction":"in"}]}""");
}
