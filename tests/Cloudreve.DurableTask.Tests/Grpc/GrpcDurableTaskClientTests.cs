using Cloudreve.DurableTask.Grpc;
using Cloudreve.DurableTask.Protocol;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Cloudreve.DurableTask.Tests.Grpc;

public sealed class GrpcDurableTaskClientTests : IAsyncLifetime
{
    private RecordingSidecar _sidecar = null!;
    private GrpcDurableTaskClient _client = null!;

    public async ValueTask InitializeAsync() => (_sidecar, _client) = await RecordingSidecar.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _sidecar.DisposeAsync();
    }

    [Fact]
    public async Task Given_a_start_with_all_options_when_it_is_sent_then_the_host_gets_them_and_the_hubs_name()
    {
        var at = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        _sidecar.Answer<CreateInstanceRequest>(new CreateInstanceResponse { InstanceId = "i" });

        var id = await _client.ScheduleNewOrchestrationInstanceAsync(
            "flow", new Order("a", 1.10m, at), new StartOrchestrationOptions("i", at) { Version = "2" });

        Assert.Equal("i", id);
        var expected = new CreateInstanceRequest
        {
            InstanceId = "i",
            Name = "flow",
            Version = "2",
            Input = """{"Item":"a","Price":1.10,"At":"2027-01-01T00:00:00+00:00"}""",
            ScheduledStartTimestamp = Timestamp.FromDateTimeOffset(at),
        };
        Assert.Equal(("hub", expected), _sidecar.Received.Last());
    }

    [Fact]
    public async Task Given_an_id_that_runs_when_it_is_started_then_nothing_is_started()
    {
        _sidecar.Answer<GetInstanceRequest>(State(OrchestrationStatus.Running));

        Assert.Equal("i", await _client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions("i")));

        Assert.DoesNotContain(_sidecar.Received, r => r.Request is CreateInstanceRequest);
    }

    [Fact]
    public async Task Given_an_id_that_has_ended_when_it_is_started_then_it_is_refused()
    {
        _sidecar.Answer<GetInstanceRequest>(State(OrchestrationStatus.Completed));

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions("i")));
    }

    [Fact]
    public async Task Given_two_starts_at_once_when_the_host_refuses_the_second_then_its_id_is_answered()
    {
        _sidecar.Refuse<CreateInstanceRequest>(StatusCode.AlreadyExists);

        Assert.Equal("i", await _client.ScheduleNewOrchestrationInstanceAsync("flow", null, new StartOrchestrationOptions("i")));
    }

    [Fact]
    public async Task Given_an_instance_when_it_is_steered_then_the_host_gets_each_request()
    {
        await _client.RaiseEventAsync("i", "go", 5);
        await _client.SuspendInstanceAsync("i", "pause");
        await _client.ResumeInstanceAsync("i");
        await _client.TerminateInstanceAsync("i", "enough");
        await _client.TerminateInstanceAsync("i", new TerminateInstanceOptions("all", Recursive: true));
        await _client.PurgeInstanceAsync("i", new PurgeInstanceOptions(Recursive: true));

        IMessage[] expected =
        [
            new RaiseEventRequest { InstanceId = "i", Name = "go", Input = "5" },
            new SuspendRequest { InstanceId = "i", Reason = "pause" },
            new ResumeRequest { InstanceId = "i" },
            new TerminateRequest { InstanceId = "i", Output = "\"enough\"" },
            new TerminateRequest { InstanceId = "i", Output = "\"all\"", Recursive = true },
            new PurgeInstancesRequest { InstanceId = "i", Recursive = true, IsOrchestration = true },
        ];
        Assert.Equal(expected, _sidecar.Received.Select(r => r.Request));
    }

    [Fact]
    public async Task Given_an_unknown_instance_when_it_is_steered_then_that_is_said()
    {
        _sidecar.Refuse<RaiseEventRequest>(StatusCode.NotFound);
        _sidecar.Refuse<GetInstanceRequest>(StatusCode.NotFound);

        await Assert.ThrowsAsync<InstanceNotFoundException>(() => _client.RaiseEventAsync("i", "go"));
        await Assert.ThrowsAsync<InstanceNotFoundException>(() => _client.WaitForInstanceCompletionAsync("i"));
        Assert.Null(await _client.GetInstanceAsync("i"));
    }

    [Fact]
    public async Task Given_an_instance_when_it_is_asked_for_then_all_of_it_can_be_read()
    {
        var at = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var answer = State(OrchestrationStatus.Failed);
        answer.OrchestrationState.CreatedTimestamp = Timestamp.FromDateTimeOffset(at);
        answer.OrchestrationState.LastUpdatedTimestamp = Timestamp.FromDateTimeOffset(at.AddDays(1));
        answer.OrchestrationState.Input = "1";
        answer.OrchestrationState.Output = "2";
        answer.OrchestrationState.CustomStatus = "3";
        answer.OrchestrationState.FailureDetails = new Protocol.TaskFailureDetails { ErrorType = "E", ErrorMessage = "m" };
        _sidecar.Answer<GetInstanceRequest>(answer);

        var found = (await _client.GetInstanceAsync("i", getInputsAndOutputs: true))!;

        Assert.Equal(("flow", "i", OrchestrationRuntimeStatus.Failed), (found.Name, found.InstanceId, found.RuntimeStatus));
        Assert.Equal((at, at.AddDays(1)), (found.CreatedAt, found.LastUpdatedAt));
        Assert.Equal((1, 2, 3), (found.ReadInputAs<int>(), found.ReadOutputAs<int>(), found.ReadCustomStatusAs<int>()));
        Assert.Equal("E: m", found.FailureDetails!.ToString());
    }

    [Fact]
    public async Task Given_a_running_instance_when_its_end_is_awaited_then_the_client_asks_until_it_has_ended()
    {
        // The first is asked before the wait; the service may give up a wait early.
        _sidecar.Answer<GetInstanceRequest>(
            State(OrchestrationStatus.Pending), State(OrchestrationStatus.Running), State(OrchestrationStatus.Completed));

        var end = await _client.WaitForInstanceCompletionAsync("i");

        Assert.Equal(OrchestrationRuntimeStatus.Completed, end.RuntimeStatus);
        Assert.Equal(3, _sidecar.Received.Count());
    }

    [Fact]
    public async Task Given_a_wait_when_it_is_cancelled_then_it_ends()
    {
        _sidecar.Answer<GetInstanceRequest>(State(OrchestrationStatus.Running));
        using var cancellation = new CancellationTokenSource();
        var wait = _client.WaitForInstanceCompletionAsync("i", cancellation: cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
    }

    [Fact]
    public async Task Given_instances_on_two_pages_when_they_are_listed_then_all_come_and_the_filter_is_sent()
    {
        _sidecar.Answer<QueryInstancesRequest>(
            new QueryInstancesResponse { OrchestrationState = { State(OrchestrationStatus.Failed, "a").OrchestrationState }, ContinuationToken = "next" },
            new QueryInstancesResponse { OrchestrationState = { State(OrchestrationStatus.Failed, "b").OrchestrationState } });
        var ids = new List<string>();

        await foreach (var found in _client.GetAllInstancesAsync(new OrchestrationQuery(Statuses: [OrchestrationRuntimeStatus.Failed], InstanceIdPrefix: "p")))
            ids.Add(found.InstanceId);

        Assert.Equal(["a", "b"], ids);
        var queries = _sidecar.Received.Select(r => ((QueryInstancesRequest)r.Request).Query).ToList();
        Assert.Equal([null, "next"], queries.Select(q => q.ContinuationToken));
        Assert.All(queries, q => Assert.Equal(("p", OrchestrationStatus.Failed), (q.InstanceIdPrefix, Assert.Single(q.RuntimeStatus))));
    }

    [Fact]
    public async Task Given_an_instance_when_it_is_restarted_then_the_new_id_is_answered()
    {
        _sidecar.Answer<RestartInstanceRequest>(new RestartInstanceResponse { InstanceId = "j" });

        Assert.Equal("j", await _client.RestartAsync("i", restartWithNewInstanceId: true));

        Assert.Equal(new RestartInstanceRequest { InstanceId = "i", RestartWithNewInstanceId = true }, _sidecar.Received.Last().Request);
    }

    [Fact]
    public async Task Given_a_running_instance_when_it_is_restarted_then_it_is_refused()
    {
        _sidecar.Refuse<RestartInstanceRequest>(StatusCode.FailedPrecondition);

        await Assert.ThrowsAsync<InvalidOperationException>(() => _client.RestartAsync("i"));
    }

    [Fact]
    public async Task Given_an_input_above_the_hosts_limit_when_it_is_sent_then_it_is_refused_here()
    {
        var e = await Assert.ThrowsAsync<RpcException>(() =>
            _client.ScheduleNewOrchestrationInstanceAsync("flow", new string('x', GrpcDurableTaskClient.MaximumMessageBytes)));

        Assert.Equal(StatusCode.ResourceExhausted, e.StatusCode);
        Assert.Empty(_sidecar.Received);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("not json")]
    [InlineData("{}")]
    [InlineData("""{"taskHubName":"","rpcBaseUrl":"http://127.0.0.1:1"}""")]
    [InlineData("""{"taskHubName":"h","rpcBaseUrl":"relative"}""")]
    public void Given_a_damaged_binding_when_it_is_read_then_it_is_refused(string json)
    {
        Assert.Throws<FormatException>(() => DurableClientBinding.Parse(json));
    }

    [Fact]
    public void Given_a_binding_when_it_is_printed_then_its_secret_is_not()
    {
        var binding = DurableClientBinding.Parse("""{"taskHubName":"h","rpcBaseUrl":"http://127.0.0.1:1","requiredQueryStringParameters":"code=secret"}""");

        Assert.DoesNotContain("secret", binding.ToString(), StringComparison.Ordinal);
    }

    private static GetInstanceResponse State(OrchestrationStatus status, string id = "i") => new()
    {
        Exists = true,
        OrchestrationState = new OrchestrationState { InstanceId = id, Name = "flow", OrchestrationStatus = status },
    };
}
