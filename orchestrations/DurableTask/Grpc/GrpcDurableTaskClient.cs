using System.Runtime.CompilerServices;
using Cloudreve.DurableTask.Protocol;
using Cloudreve.DurableTask.Serialization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace Cloudreve.DurableTask.Grpc;

/// <summary>
/// A client of the task hub of a Functions host, over gRPC. It holds a connection: keep one for each hub. Where the host cannot be
/// reached or answers in another way than documented here, methods throw <see cref="RpcException"/>.
/// </summary>
public sealed class GrpcDurableTaskClient : DurableTaskClient, IDisposable
{
    /// <summary>The host takes and sends messages up to this size, in bytes.</summary>
    public const int MaximumMessageBytes = 4 * 1024 * 1024;

    private const string TaskHubHeader = "Durable-TaskHub";
    private const int QueryPageSize = 100;

    private readonly GrpcChannel _channel;
    private readonly TaskHubSidecarService.TaskHubSidecarServiceClient _service;
    private readonly Metadata _headers;
    private readonly JsonPayload _payload;

    /// <summary>Creates a client; sends nothing yet.</summary>
    /// <param name="binding">Where the hub is.</param>
    /// <param name="registry">Where the serialiser is taken from.</param>
    public GrpcDurableTaskClient(DurableClientBinding binding, DurableTaskRegistry registry)
    {
        _payload = registry.Payload;
        _headers = new Metadata { { TaskHubHeader, binding.TaskHubName } };
        _channel = GrpcChannel.ForAddress(binding.RpcBaseUrl, new GrpcChannelOptions
        {
            MaxSendMessageSize = MaximumMessageBytes,
            MaxReceiveMessageSize = MaximumMessageBytes,
            ThrowOperationCanceledOnCancellation = true,
        });
        _service = new TaskHubSidecarService.TaskHubSidecarServiceClient(_channel);
    }

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    /// <inheritdoc/>
    /// <remarks>
    /// The host itself would start an id anew whose instance has ended, so with a given id one more call asks for it. A start that
    /// happens in between is not seen: an instance's first activity must tell whether its work is done already.
    /// </remarks>
    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        var id = options?.InstanceId ?? Guid.NewGuid().ToString("N");
        if (options?.InstanceId is not null && await GetInstanceAsync(id, cancellation: cancellation) is { } existing)
        {
            return existing.IsCompleted
                ? throw new InvalidOperationException($"The instance '{id}' has ended; purge it before it is started again.")
                : id;
        }
        var request = new CreateInstanceRequest
        {
            InstanceId = id,
            Name = orchestratorName.Name,
            Version = options?.Version.ToMessage(),
            Input = _payload.Serialize(input),
            ScheduledStartTimestamp = options?.StartAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        };
        try
        {
            return (await _service.StartInstanceAsync(request, Call(cancellation))).InstanceId;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.AlreadyExists)
        {
            return id;
        }
    }

    /// <inheritdoc/>
    public override Task RaiseEventAsync(string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        SteerAsync(instanceId, _service.RaiseEventAsync(
            new RaiseEventRequest { InstanceId = instanceId, Name = eventName, Input = _payload.Serialize(eventPayload) }, Call(cancellation)));

    /// <inheritdoc/>
    public override Task TerminateInstanceAsync(string instanceId, TerminateInstanceOptions options, CancellationToken cancellation = default) =>
        SteerAsync(instanceId, _service.TerminateInstanceAsync(
            new TerminateRequest { InstanceId = instanceId, Output = _payload.Serialize(options.Output), Recursive = options.Recursive }, Call(cancellation)));

    /// <inheritdoc/>
    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SteerAsync(instanceId, _service.SuspendInstanceAsync(new SuspendRequest { InstanceId = instanceId, Reason = reason }, Call(cancellation)));

    /// <inheritdoc/>
    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SteerAsync(instanceId, _service.ResumeInstanceAsync(new ResumeRequest { InstanceId = instanceId, Reason = reason }, Call(cancellation)));

    /// <inheritdoc/>
    public override async Task<OrchestrationMetadata?> GetInstanceAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        try
        {
            var found = await _service.GetInstanceAsync(request, Call(cancellation));
            return found.Exists ? Describe(found.OrchestrationState, getInputsAndOutputs) : null;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        // The service would wait for an unknown instance to be started.
        if (await GetInstanceAsync(instanceId, getInputsAndOutputs, cancellation) is not { } found)
            throw new InstanceNotFoundException(instanceId);
        var request = new GetInstanceRequest { InstanceId = instanceId, GetInputsAndOutputs = getInputsAndOutputs };
        while (!found.IsCompleted)
        {
            var answer = await SteerAsync(instanceId, _service.WaitForInstanceCompletionAsync(request, Call(cancellation)));
            // It was purged meanwhile.
            if (!answer.Exists)
                throw new InstanceNotFoundException(instanceId);
            found = Describe(answer.OrchestrationState, getInputsAndOutputs);
        }
        return found;
    }

    /// <inheritdoc/>
    public override async IAsyncEnumerable<OrchestrationMetadata> GetAllInstancesAsync(
        OrchestrationQuery? filter = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        filter ??= new OrchestrationQuery();
        var query = new InstanceQuery
        {
            CreatedTimeFrom = filter.CreatedFrom is { } from ? Timestamp.FromDateTimeOffset(from) : null,
            CreatedTimeTo = filter.CreatedTo is { } to ? Timestamp.FromDateTimeOffset(to) : null,
            InstanceIdPrefix = filter.InstanceIdPrefix,
            FetchInputsAndOutputs = filter.FetchInputsAndOutputs,
            MaxInstanceCount = QueryPageSize,
        };
        query.RuntimeStatus.AddRange((filter.Statuses ?? []).Select(s => (OrchestrationStatus)s));
        do
        {
            var page = await _service.QueryInstancesAsync(new QueryInstancesRequest { Query = query }, Call(cancellation));
            foreach (var state in page.OrchestrationState)
                yield return Describe(state, filter.FetchInputsAndOutputs);
            query.ContinuationToken = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(query.ContinuationToken));
    }

    /// <inheritdoc/>
    public override async Task<string> RestartAsync(
        string instanceId, bool restartWithNewInstanceId = false, CancellationToken cancellation = default)
    {
        var request = new RestartInstanceRequest { InstanceId = instanceId, RestartWithNewInstanceId = restartWithNewInstanceId };
        try
        {
            return (await SteerAsync(instanceId, _service.RestartInstanceAsync(request, Call(cancellation)))).InstanceId;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition)
        {
            throw new InvalidOperationException($"The instance '{instanceId}' has not ended: it cannot be started again.", e);
        }
    }

    /// <inheritdoc/>
    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        var request = new PurgeInstancesRequest { InstanceId = instanceId, Recursive = options?.Recursive ?? false, IsOrchestration = true };
        return new PurgeResult((await _service.PurgeInstancesAsync(request, Call(cancellation))).DeletedInstanceCount);
    }

    private static async Task<T> SteerAsync<T>(string instanceId, AsyncUnaryCall<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            throw new InstanceNotFoundException(instanceId);
        }
    }

    private CallOptions Call(CancellationToken cancellation) => new(_headers, cancellationToken: cancellation);

    private OrchestrationMetadata Describe(OrchestrationState state, bool withInputs) => new(state.Name, state.InstanceId, _payload)
    {
        RuntimeStatus = (OrchestrationRuntimeStatus)state.OrchestrationStatus,
        CreatedAt = state.CreatedTimestamp?.ToDateTimeOffset() ?? default,
        LastUpdatedAt = state.LastUpdatedTimestamp?.ToDateTimeOffset() ?? default,
        FailureDetails = state.FailureDetails is { } failure ? TaskFailureDetails.FromMessage(failure) : null,
        SerializedInput = withInputs ? state.Input : null,
        SerializedOutput = withInputs ? state.Output : null,
        SerializedCustomStatus = withInputs ? state.CustomStatus : null,
    };
}
