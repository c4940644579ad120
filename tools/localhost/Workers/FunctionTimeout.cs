using Microsoft.Azure.WebJobs.Host;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Workers;

/// <summary>Ends functions that run longer than <c>functionTimeout</c> of host.json: by its token first, then with its worker.</summary>
/// <param name="limit">The longest run; null for no limit.</param>
/// <param name="grace">The time between the token and the end of the worker.</param>
/// <param name="logger">Receives the host's words on it.</param>
internal sealed class FunctionTimeout(TimeSpan? limit, TimeSpan grace, ILogger logger)
{
    /// <summary>Awaits an invocation.</summary>
    /// <exception cref="FunctionTimeoutException">It ran too long.</exception>
    public async Task<T> LimitAsync<T>(
        FunctionInvocation invocation, Worker worker, Func<CancellationToken, Task<T>> invoke, CancellationToken cancellationToken)
    {
        if (limit is null)
            return await invoke(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = invoke(stop.Token);
        try
        {
            return await running.WaitAsync(limit.Value, CancellationToken.None);
        }
        catch (TimeoutException e) when (!running.IsCompleted)
        {
            logger.LogError(
                "Timeout value of {Limit} exceeded by function 'Functions.{Name}' (Id: '{Id}'). Initiating cancellation.",
                limit, invocation.Function, invocation.Id);
            await stop.CancelAsync();
            if (await Task.WhenAny(running, Task.Delay(grace, CancellationToken.None)) != running)
            {
                logger.LogWarning("A function timeout has occurred. Restarting worker process executing invocationId '{Id}'.", invocation.Id);
                worker.Connection.Close();
            }
            throw new FunctionTimeoutException($"Timeout value of {limit} was exceeded by function: Functions.{invocation.Function}", e);
        }
    }
}
