using System.Collections.Concurrent;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Cloudreve.Functions.Tests.App;

/// <summary>
/// Counts the storage transactions of requests: those that handling them causes, and not those of the local host, which looks into its
/// queues meanwhile.
/// </summary>
/// <param name="account">The app's account.</param>
internal sealed class RequestTransactions(StorageAccount account) : IStartupFilter
{
    private readonly ConcurrentQueue<StorageTransactionCounter.Measurement> _requests = [];

    /// <summary>How many transactions the requests of an action cause.</summary>
    /// <param name="act">Sends requests, and waits for their answers.</param>
    public async Task<int> OfAsync(Func<Task> act)
    {
        _requests.Clear();
        await act();
        return _requests.Sum(request => request.Total);
    }

    /// <inheritdoc/>
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (_, rest) =>
        {
            using var measured = account.Transactions.Measure();
            _requests.Enqueue(measured);
            await rest();
        });
        next(app);
    };
}
