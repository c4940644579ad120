using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Tests.App;

/// <summary>Counts the storage transactions of requests: those that handling them causes, and nothing that happens beside them.</summary>
/// <param name="account">The app's account.</param>
internal sealed class RequestTransactions(StorageAccount account) : IFunctionsWorkerMiddleware
{
    private readonly ConcurrentQueue<StorageTransactionCounter.Measurement> _requests = [];

    /// <summary>Number of transactions that the requests of an action cause.</summary>
    /// <param name="act">Sends requests, and waits for their answers.</param>
    public async Task<int> OfAsync(Func<Task> act)
    {
        _requests.Clear();
        await act();
        return _requests.Sum(request => request.Total);
    }

    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        using var measured = account.Transactions.Measure();
        _requests.Enqueue(measured);
        await next(context);
    }
}
