using Cloudreve.Core.Accounts.SignIns;
using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Api.Edge;

/// <summary>Applies <see cref="ChargesAttribute"/>. One transaction at most for each call of a function that has it, none once the budget is spent.</summary>
/// <param name="functions">The declarations of the functions.</param>
internal sealed class ClientCharges(HttpFunctions functions, ClientBudgets budgets) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    /// <exception cref="CloudreveException">429: the client's budget is spent.</exception>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext()!;
        if (functions.Of(context).Charge is { } budget)
            await budgets.SpendAsync(budget, ClientAddress.Of(ClientAddresses.Of(http)), http.RequestAborted);
        await next(context);
    }
}
