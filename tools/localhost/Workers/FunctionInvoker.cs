using System.Diagnostics;
using Cloudreve.LocalHost.Protocol;
using Microsoft.Azure.WebJobs.Host;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Workers;

/// <summary>Runs functions in the worker, within the time that host.json grants them.</summary>
internal sealed class FunctionInvoker(WorkerSlot slot, FunctionTimeout timeout, ILoggerFactory loggers)
{
    /// <summary>The data that durable client bindings receive; null without a durable extension.</summary>
    public string? DurableClient { get; set; }

    /// <summary>Runs a function and logs its start and its end in the host's form.</summary>
    /// <param name="reason">Why it runs, for the log.</param>
    /// <param name="cancellationToken">Asks the function to stop.</param>
    public async Task<InvocationResponse> RunAsync(FunctionInvocation invocation, string reason, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        var logger = loggers.CreateLogger("Function." + invocation.Function);
        logger.LogInformation("Executing 'Functions.{Name}' (Reason='{Reason}', Id={Id})", invocation.Function, reason, invocation.Id);
        try
        {
            var response = await InvokeAsync(invocation, cancellationToken);
            logger.LogInformation(
                "Executed 'Functions.{Name}' (Succeeded, Id={Id}, Duration={Duration}ms)", invocation.Function, invocation.Id, watch.ElapsedMilliseconds);
            return response;
        }
        catch (Exception e)
        {
            logger.LogError(
                e, "Executed 'Functions.{Name}' (Failed, Id={Id}, Duration={Duration}ms)", invocation.Function, invocation.Id, watch.ElapsedMilliseconds);
            throw;
        }
    }

    /// <summary>Runs a function.</summary>
    /// <returns>The response on success.</returns>
    /// <exception cref="FunctionFailedException">The function threw.</exception>
    /// <exception cref="FunctionTimeoutException">It ran too long; its worker is replaced.</exception>
    /// <exception cref="WorkerProcessExitException">The worker ended.</exception>
    public async Task<InvocationResponse> InvokeAsync(FunctionInvocation invocation, CancellationToken cancellationToken)
    {
        var worker = await slot.GetAsync(cancellationToken);
        invocation.HttpAddress.TrySetResult(worker.HttpAddress);
        var function = worker.Find(invocation.Function);
        var request = invocation.ToRequest(function, DurableClient);
        var response = await timeout.LimitAsync(
            invocation, worker, token => worker.Connection.InvokeAsync(request, token), cancellationToken);
        if (response.Result.Status != StatusResult.Types.Status.Success)
            throw new FunctionFailedException(response.Result);
        return response;
    }
}
