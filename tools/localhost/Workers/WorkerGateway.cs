using System.Collections.Concurrent;
using System.Net;
using Cloudreve.LocalHost.Protocol;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.LocalHost.Workers;

/// <summary>The gRPC server to which workers connect, on a loopback port of its own.</summary>
internal sealed class WorkerGateway : FunctionRpc.FunctionRpcBase, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ExpectedWorker> _expected = new();
    private WebApplication? _server;

    /// <summary>The address for workers.</summary>
    public string Address { get; private set; } = "";

    /// <summary>Starts to listen on a free port.</summary>
    public static async Task<WorkerGateway> StartAsync()
    {
        var gateway = new WorkerGateway();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddSingleton(gateway);
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = null;
            grpc.MaxSendMessageSize = null;
        });
        gateway._server = builder.Build();
        gateway._server.MapGrpcService<WorkerGateway>();
        await gateway._server.StartAsync();
        gateway.Address = gateway._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return gateway;
    }

    /// <summary>Announces a worker, so that its stream is accepted.</summary>
    /// <param name="workerId">The id that the worker was given.</param>
    /// <param name="connection">The connection that its stream will be bound to.</param>
    /// <returns>Completes when the worker has connected.</returns>
    public Task ExpectAsync(string workerId, WorkerConnection connection)
    {
        var expected = new ExpectedWorker(connection);
        _expected[workerId] = expected;
        return expected.Arrived.Task;
    }

    /// <inheritdoc/>
    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken)
            || requestStream.Current.StartStream is not { } start
            || !_expected.TryRemove(start.WorkerId, out var expected))
            throw new Grpc.Core.RpcException(new Status(StatusCode.PermissionDenied, "This worker was not started by the host."));
        expected.Arrived.TrySetResult();
        await expected.Connection.RunAsync(requestStream, responseStream, context.CancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    private sealed record ExpectedWorker(WorkerConnection Connection)
    {
        public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
