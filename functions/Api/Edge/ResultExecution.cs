using System.Runtime.ExceptionServices;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Executes the result of a function inside the edge, so that a failure during the response is handled like any other. The worker would
/// execute it outside all middleware, and would serialise it once more for the Functions host.
/// </summary>
internal sealed class ResultExecution : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (AggregateException e) when (e.InnerExceptions is [var error])
        {
            // The worker wraps exceptions of functions.
            ExceptionDispatchInfo.Throw(error);
        }
        var outcome = context.GetInvocationResult();
        if (outcome.Value is not IResult result)
            return;
        // Cleared first: a result that fails must not be executed again by the worker.
        outcome.Value = Results.Empty;
        await result.ExecuteAsync(context.GetHttpContext()!);
    }
}
