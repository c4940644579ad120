using System.Collections.Concurrent;
using Cloudreve.DurableTask.Grpc;
using Cloudreve.DurableTask.Protocol;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cloudreve.DurableTask.Tests.Grpc;

/// <summary>A gRPC service on a free port, as a Functions host has one. It records calls and answers what a test wants.</summary>
internal sealed class RecordingSidecar : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Calls _calls = new();

    private RecordingSidecar()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(_calls);
        _app = builder.Build();
        _app.MapGrpcService<Service>();
    }

    /// <summary>Requests as they arrived, with the task hub that was named.</summary>
    public IEnumerable<(string Hub, IMessage Request)> Received => _calls.Received;

    public static async Task<(RecordingSidecar Sidecar, GrpcDurableTaskClient Client)> StartAsync()
    {
        var sidecar = new RecordingSidecar();
        await sidecar._app.StartAsync();
        var address = sidecar._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var binding = DurableClientBinding.Parse(
            $$"""{"taskHubName":"hub","requiredQueryStringParameters":"code=x","httpBaseUrl":"http://127.0.0.1:1/runtime","rpcBaseUrl":"{{address}}/"}""");
        return (sidecar, new GrpcDurableTaskClient(binding, RegistryExtensions.NewRegistry()));
    }

    /// <summary>Answers the next requests of a kind, in order; the last answer stays.</summary>
    public void Answer<TRequest>(params IMessage[] answers) => _calls.Answers[typeof(TRequest)] = new Queue<object>(answers);

    public void Refuse<TRequest>(StatusCode code) => _calls.Answers[typeof(TRequest)] = new Queue<object>([code]);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    internal sealed class Calls
    {
        public ConcurrentQueue<(string Hub, IMessage Request)> Received { get; } = new();

        public Dictionary<Type, Queue<object>> Answers { get; } = [];

        public Task<T> RecordAsync<T>(IMessage request, ServerCallContext context)
            where T : new()
        {
            Received.Enqueue((context.RequestHeaders.GetValue("durable-taskhub") ?? "", request));
            if (!Answers.TryGetValue(request.GetType(), out var answers))
                return Task.FromResult(new T());
            var answer = answers.Count > 1 ? answers.Dequeue() : answers.Peek();
            return answer is StatusCode code ? throw new RpcException(new Status(code, "refused")) : Task.FromResult((T)answer);
        }
    }

    internal sealed class Service(Calls calls) : TaskHubSidecarService.TaskHubSidecarServiceBase
    {
        public override Task<CreateInstanceResponse> StartInstance(CreateInstanceRequest request, ServerCallContext context) =>
            calls.RecordAsync<CreateInstanceResponse>(request, context);

        public override Task<GetInstanceResponse> GetInstance(GetInstanceRequest request, ServerCallContext context) =>
            calls.RecordAsync<GetInstanceResponse>(request, context);

        public override Task<GetInstanceResponse> WaitForInstanceCompletion(GetInstanceRequest request, ServerCallContext context) =>
            calls.RecordAsync<GetInstanceResponse>(request, context);

        public override Task<RestartInstanceResponse> RestartInstance(RestartInstanceRequest request, ServerCallContext context) =>
            calls.RecordAsync<RestartInstanceResponse>(request, context);

        public override Task<RaiseEventResponse> RaiseEvent(RaiseEventRequest request, ServerCallContext context) =>
            calls.RecordAsync<RaiseEventResponse>(request, context);

        public override Task<TerminateResponse> TerminateInstance(TerminateRequest request, ServerCallContext context) =>
            calls.RecordAsync<TerminateResponse>(request, context);

        public override Task<SuspendResponse> SuspendInstance(SuspendRequest request, ServerCallContext context) =>
            calls.RecordAsync<SuspendResponse>(request, context);

        public override Task<ResumeResponse> ResumeInstance(ResumeRequest request, ServerCallContext context) =>
            calls.RecordAsync<ResumeResponse>(request, context);

        public override Task<QueryInstancesResponse> QueryInstances(QueryInstancesRequest request, ServerCallContext context) =>
            calls.RecordAsync<QueryInstancesResponse>(request, context);

        public override Task<PurgeInstancesResponse> PurgeInstances(PurgeInstancesRequest request, ServerCallContext context) =>
            calls.RecordAsync<PurgeInstancesResponse>(request, context);
    }
}
