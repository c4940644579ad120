using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Cloudreve.AzureStorage.Pipeline;

/// <summary>The one policy that every request passes, once per try: counts it, limits its time and applies an injected fault.</summary>
/// <param name="isContent">True if the requests move content.</param>
/// <param name="limitFactor">Multiplies the time limits.</param>
/// <param name="counter">Counts.</param>
/// <param name="faults">Decides on faults; null for none.</param>
internal sealed class StoragePipelinePolicy(
    StorageService service, bool isContent, int limitFactor, StorageTransactionCounter counter, Func<StorageCall, StorageFault>? faults) : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var fault = Begin(message);
        if (fault != StorageFault.Unavailable)
            ProcessNext(message, pipeline);
        End(message, fault);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var fault = Begin(message);
        if (fault != StorageFault.Unavailable)
            await SendAsync(message, pipeline);
        End(message, fault);
    }

    /// <summary>A response that does not arrive in time is a failure of storage, not a cancellation.</summary>
    private static async Task SendAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        try
        {
            await ProcessNextAsync(message, pipeline);
        }
        catch (OperationCanceledException e) when (!message.CancellationToken.IsCancellationRequested)
        {
            throw new RequestFailedException("Storage did not answer in time.", e);
        }
    }

    private StorageFault Begin(HttpMessage message)
    {
        var call = Describe(message.Request);
        counter.Count(call);
        var limit = CallLimits.Of(call, isContent);
        message.NetworkTimeout = limit == Timeout.InfiniteTimeSpan ? limit : limit * limitFactor;
        var fault = faults?.Invoke(call) ?? StorageFault.None;
        return fault == StorageFault.CrashBefore ? throw new SimulatedCrashException() : fault;
    }

    private static void End(HttpMessage message, StorageFault fault)
    {
        switch (fault)
        {
            case StorageFault.CrashAfter:
                throw new SimulatedCrashException();
            case StorageFault.Unavailable:
                message.Response = new InjectedResponse(503, message.Request.ClientRequestId);
                break;
            case StorageFault.AnswerLost:
                message.Response.Dispose();
                message.Response = new InjectedResponse(500, message.Request.ClientRequestId);
                break;
        }
    }

    private StorageCall Describe(Request request)
    {
        var uri = request.Uri.ToUri();
        var path = uri.AbsolutePath.AsSpan().TrimStart('/');
        // Emulators put the account name first: /devstoreaccount1/table.
        if (path.StartsWith("devstoreaccount1/", StringComparison.Ordinal))
            path = path["devstoreaccount1/".Length..];
        var end = path.IndexOfAny('/', '(');
        return new StorageCall(service, request.Method.Method, (end < 0 ? path : path[..end]).ToString(), uri);
    }
}
