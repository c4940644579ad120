using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Executes the result of a function inside the edge, so that a failure while answering is handled like any other. The worker would
/// execute it outside all middleware, and would serialise it once more for the Functions host.
/// </summary>
internal sealed class ResultExecution : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        await next(context);
        var outcome = context.GetInvocationResult();
        if (outcome.Value is not IResult result)
            return;
        await result.ExecuteAsync(context.GetHttpContext()!);
        outcome.Value = Results.Empty;
    }
}
