using System.Collections.Concurrent;
using System.Threading.Channels;
using Cloudreve.LocalHost.Protocol;
using Grpc.Core;

namespace Cloudreve.LocalHost.Workers;

/// <summary>The event stream of one worker: pairs each request of the host with the worker's response.</summary>
internal sealed class WorkerConnection(Action<RpcLog> log)
{
    private readonly Channel<StreamingMessage> _outgoing =
        Channel.CreateUnbounded<StreamingMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _requests = new();
    private readonly CancellationTokenSource _closed = new();

    /// <summary>The capabilities that the worker announced.</summary>
    public IReadOnlyDictionary<string, string> Capabilities { get; private set; } = new Dictionary<string, string>();

    /// <summary>Fires when the stream has ended; nothing can be invoked any more.</summary>
    public CancellationToken Closed => _closed.Token;

    /// <summary>Serves the stream until either side ends it.</summary>
    public async Task RunAsync(
        IAsyncStreamReader<StreamingMessage> incoming, IServerStreamWriter<StreamingMessage> outgoing, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, Closed);
        var writing = WriteAsync(outgoing, ended.Token);
        try
        {
            while (await incoming.MoveNext(ended.Token))
                Receive(incoming.Current);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The worker is gone, or the host is stopping.
        }
        finally
        {
            Close();
            await writing;
        }
    }

    /// <summary>Ends the stream; pending calls fail.</summary>
    public void Close()
    {
        _closed.Cancel();
        foreach (var request in _requests.Values)
            request.TrySetException(new WorkerProcessExitException());
    }

    /// <summary>Starts the worker's app and loads its functions.</summary>
    /// <param name="appDirectory">The folder with the app and its host.json.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The functions, in the order in which the host considers them: by name, regardless of case.</returns>
    public async Task<IReadOnlyList<FunctionDefinition>> InitializeAsync(string appDirectory, CancellationToken cancellationToken)
    {
        var start = new WorkerInitRequest { HostVersion = "4.0.0", WorkerDirectory = appDirectory, FunctionAppDirectory = appDirectory };
        var started = (await RequestAsync(new StreamingMessage { WorkerInitRequest = start }, cancellationToken)).WorkerInitResponse;
        Expect(started.Result, "start");
        Capabilities = started.Capabilities;
        var list = new FunctionsMetadataRequest { FunctionAppDirectory = appDirectory };
        var listed = (await RequestAsync(new StreamingMessage { FunctionsMetadataRequest = list }, cancellationToken)).FunctionMetadataResponse;
        Expect(listed.Result, "list its functions");
        var functions = listed.FunctionMetadataResults
            .Select(metadata => new FunctionDefinition(metadata))
            .OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
            .ToList();
        await Task.WhenAll(functions.Select(function => LoadAsync(function, cancellationToken)));
        return functions;
    }

    /// <summary>Runs a function.</summary>
    /// <param name="request">The invocation; its id becomes the key of the answer.</param>
    /// <param name="cancellationToken">Asks the function to stop; its response is still awaited.</param>
    /// <exception cref="WorkerProcessExitException">The worker is gone.</exception>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var answer = RequestAsync(new StreamingMessage { RequestId = request.InvocationId, InvocationRequest = request }, CancellationToken.None);
        await using var cancellation = cancellationToken.Register(() =>
            _outgoing.Writer.TryWrite(new StreamingMessage { InvocationCancel = new InvocationCancel { InvocationId = request.InvocationId } }));
        return (await answer).InvocationResponse;
    }

    /// <summary>Asks the worker to end.</summary>
    public void Terminate() => _outgoing.Writer.TryWrite(new StreamingMessage { WorkerTerminate = new WorkerTerminate() });

    private async Task LoadAsync(FunctionDefinition function, CancellationToken cancellationToken)
    {
        var load = new FunctionLoadRequest { FunctionId = function.Id, Metadata = function.Metadata };
        var loaded = await RequestAsync(new StreamingMessage { FunctionLoadRequest = load }, cancellationToken);
        Expect(loaded.FunctionLoadResponse.Result, $"load function {function.Name}");
    }

    private async Task<StreamingMessage> RequestAsync(StreamingMessage message, CancellationToken cancellationToken)
    {
        if (message.RequestId.Length == 0)
            message.RequestId = Guid.NewGuid().ToString();
        var answer = new TaskCompletionSource<StreamingMessage>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests[message.RequestId] = answer;
        try
        {
            if (Closed.IsCancellationRequested || !_outgoing.Writer.TryWrite(message))
                throw new WorkerProcessExitException();
            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            _requests.TryRemove(message.RequestId, out _);
        }
    }

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> outgoing, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var message in _outgoing.Reader.ReadAllAsync(cancellationToken))
                await outgoing.WriteAsync(message, CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The worker is gone, or the host is stopping.
        }
    }

    private void Receive(StreamingMessage message)
    {
        if (message.ContentCase == StreamingMessage.ContentOneofCase.RpcLog)
            log(message.RpcLog);
        else if (_requests.TryGetValue(message.RequestId, out var request))
            request.TrySetResult(message);
    }

    private static void Expect(StatusResult? result, string action)
    {
        if (result is not null && result.Status != StatusResult.Types.Status.Success)
            throw new LocalHostException($"The worker could not {action}: {result.Exception?.Message ?? result.Result}\n{result.Exception?.StackTrace}".TrimEnd());
    }
}
