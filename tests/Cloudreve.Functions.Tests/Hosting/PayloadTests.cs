using System.Text;
using Cloudreve.AzureStorage.Queues;
using Cloudreve.Functions.Hosting.Invocation;
using Cloudreve.Functions.Hosting.Local;
using Xunit;

namespace Cloudreve.Functions.Tests.Hosting;

public sealed class PayloadTests
{
    private static InvocationRequest Parse(string json) => InvocationRequest.Parse("id", Encoding.UTF8.GetBytes(json));

    private static InvocationRequest Parse(byte[] json) => InvocationRequest.Parse("id", json);

    [Fact]
    public void Given_a_json_message_as_a_host_sends_it_when_it_is_read_then_the_message_and_its_metadata_are_decoded()
    {
        var request = Parse("""{"Data":{"message":"\"{\\\"name\\\":\\\"Import\\\"}\""},"Metadata":{"DequeueCount":"1","Id":"\"a-b\"","sys":{"MethodName":"x"}}}""");

        Assert.Equal("""{"name":"Import"}""", request.Text("message"));
        Assert.Equal("1", request.Metadata("DequeueCount"));
        Assert.Equal("a-b", request.Metadata("Id"));
        Assert.Null(request.Metadata("absent"));
    }

    [Fact]
    public void Given_a_queue_message_when_the_local_host_writes_its_payload_then_it_is_the_same_as_a_hosts()
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        var payload = PayloadWriter.Queue("message", new QueueMessage("a-b", "pop", "{\"name\":\"Grüße\"}", 2, time, time.AddDays(7), time.AddMinutes(5)));

        Assert.Equal(
            """
            {"Data":{"message":"\"{\\\"name\\\":\\\"Grüße\\\"}\""},"Metadata":{"DequeueCount":"2","ExpirationTime":"2026-01-09T03:04:05+00:00","Id":"\"a-b\"","InsertionTime":"2026-01-02T03:04:05+00:00","NextVisibleTime":"2026-01-02T03:09:05+00:00","PopReceipt":"\"pop\""}}
            """,
            Encoding.UTF8.GetString(payload));
        Assert.Equal("{\"name\":\"Grüße\"}", Parse(payload).Text("message"));
    }

    [Fact]
    public void Given_a_function_with_a_client_of_the_task_hub_when_the_local_host_writes_its_payload_then_the_client_is_a_string_within_a_string()
    {
        var message = new QueueMessage("a-b", "pop", "text", 1, null, null, null);

        var request = Parse(PayloadWriter.Queue("message", message, "client"));

        Assert.Equal("text", request.Text("message"));
        Assert.Equal("""{"taskHubName":"embedded"}""", request.Text("client"));
    }

    [Fact]
    public void Given_an_activity_input_when_its_payload_is_written_then_it_is_json_text_as_a_json_string()
    {
        var payload = PayloadWriter.Activity("input", "task-1", """{"page":1}""");

        Assert.Equal("""{"Data":{"input":"\"{\\\"page\\\":1}\""},"Metadata":{"instanceId":"\"task-1\""}}""", Encoding.UTF8.GetString(payload));
        Assert.Equal("""{"page":1}""", Parse(payload).Text("input"));
        Assert.Equal("task-1", Parse(payload).Metadata("instanceId"));
    }

    [Fact]
    public void Given_an_orchestration_request_when_its_payload_is_written_then_it_is_quoted_base64()
    {
        var payload = PayloadWriter.Orchestration("context", [1, 2, 255]);

        Assert.Equal("""{"Data":{"context":"\"AQL/\""},"Metadata":{}}""", Encoding.UTF8.GetString(payload));
        Assert.Equal([1, 2, 255], Parse(payload).QuotedBytes("context"));
    }

    [Fact]
    public void Given_a_timer_when_its_payload_is_written_then_its_state_is_an_object()
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

        var payload = PayloadWriter.Timer("timer", new TimerState(new TimerSchedule(true), new TimerScheduleStatus(time, time, time), IsPastDue: false));

        Assert.Equal(
            """{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-01-02T03:04:05+00:00","Next":"2026-01-02T03:04:05+00:00","LastUpdated":"2026-01-02T03:04:05+00:00"},"IsPastDue":false}},"Metadata":{}}""",
            Encoding.UTF8.GetString(payload));
        Assert.False(Parse(payload).Object("timer").GetProperty("IsPastDue").GetBoolean());
    }

    [Fact]
    public void Given_a_blob_as_a_host_sends_it_when_it_is_read_then_its_base64_is_not_quoted()
    {
        var request = Parse("""{"Data":{"blob":"aGVsbG8="},"Metadata":{"name":"\"1/a b.txt\"","Uri":"\"http://x/y\""}}""");

        Assert.Equal("hello"u8.ToArray(), request.Bytes("blob"));
        Assert.Equal("1/a b.txt", request.Metadata("name"));
    }

    [Fact]
    public void Given_an_activity_without_input_when_its_payload_is_read_then_the_input_is_null()
    {
        Assert.Null(Parse("""{"Data":{"input":"null"},"Metadata":{}}""").OptionalText("input"));
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"Data":{}}""")]
    [InlineData("""{"Data":{"message":7}}""")]
    [InlineData("""{"Data":{"message":"unquoted"}}""")]
    [InlineData("""{"Data":{"message":"null"}}""")]
    public void Given_a_broken_payload_when_it_is_read_then_it_is_refused(string json)
    {
        Assert.Throws<InvocationFormatException>(() => Parse(json).Text("message"));
    }
}
