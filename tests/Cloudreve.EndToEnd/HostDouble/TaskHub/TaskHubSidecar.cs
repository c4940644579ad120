using Cloudreve.DurableTask.Protocol;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cloudreve.EndToEnd.HostDouble.TaskHub;

/// <summary>The gRPC service of a host's task hub: plaintext HTTP/2 on this machine.</summary>
internal sealed class TaskHubSidecar : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TaskHubSidecar(InMemoryTaskHub hub, string hubName)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(new Service(hub, hubName));
        _app = builder.Build();
        _app.MapGrpcService<Service>();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.Single());

    /// <summary>Starts the service.</summary>
    public static async Task<TaskHubSidecar> StartAsync(InMemoryTaskHub hub, string hubName)
    {
        var sidecar = new TaskHubSidecar(hub, hubName);
        await sidecar._app.StartAsync();
        return sidecar;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private sealed class Service(InMemoryTaskHub hub, string hubName) : TaskHubSidecarService.TaskHubSidecarServiceBase
    {
        public override Task<GetInstanceResponse> GetInstance(GetInstanceRequest request, ServerCallContext context)
        {
            CheckHub(context);
            return Task.FromResult(hub.Find(request.InstanceId) is { } instance
                ? new GetInstanceResponse
                {
                    Exists = true,
                    OrchestrationState = new OrchestrationState
                    {
                        InstanceId = instance.Id,
                        Name = instance.Name,
                        OrchestrationStatus = instance.Status,
                        CreatedTimestamp = new Timestamp(),
                        LastUpdatedTimestamp = new Timestamp(),
                    },
                }
                : new GetInstanceResponse());
        }

        public override Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context) => PostAsync<RaiseEventResponse>(
            request.InstanceId, new HistoryEvent { EventRaised = new EventRaisedEvent { Name = request.Name, Input = request.Input } }, context);

        public override Task<TerminateResponse> TerminateInstance(TerminateRequest request, ServerCallContext context) => PostAsync<TerminateResponse>(
            request.InstanceId,
            new HistoryEvent { ExecutionTerminated = new ExecutionTerminatedEvent { Input = request.Output, Recurse = request.Recursive } },
            context);

        public override Task<SuspendResponse> SuspendInstance(SuspendRequest request, ServerCallContext context) => PostAsync<SuspendResponse>(
            request.InstanceId, new HistoryEvent { ExecutionSuspended = new ExecutionSuspendedEvent { Input = request.Reason } }, context);

        public override Task<ResumeResponse> ResumeInstance(ResumeRequest request, ServerCallContext context) => PostAsync<ResumeResponse>(
            request.InstanceId, new HistoryEvent { ExecutionResumed = new ExecutionResumedEvent { Input = request.Reason } }, context);

        public override Task<PurgeInstancesResponse> PurgeInstances(PurgeInstancesRequest request, ServerCallContext context)
        {
            CheckHub(context);
            return Task.FromResult(new PurgeInstancesResponse { DeletedInstanceCount = hub.Purge(request.InstanceId) ? 1 : 0 });
        }

        private Task<T> PostAsync<T>(string instanceId, HistoryEvent message, ServerCallContext context)
            where T : new()
        {
            CheckHub(context);
            return hub.Send(instanceId, message)
                ? Task.FromResult(new T())
                : throw new RpcException(new Status(StatusCode.NotFound, $"No instance with ID '{instanceId}' was found."));
        }

        private void CheckHub(ServerCallContext context)
        {
            if (context.RequestHeaders.GetValue("durable-taskhub") != hubName)
                throw new RpcException(new Status(StatusCode.InvalidArgument, "The call names another task hub."));
        }
    }
}
