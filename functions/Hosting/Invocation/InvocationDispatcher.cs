using System.Text.Json;
using Cloudreve.Core.Bootstrap;

namespace Cloudreve.Functions.Hosting.Invocation;

/// <summary>Carries out invocations: from a payload's JSON to the answer's. Both hosts go through it.</summary>
internal sealed class InvocationDispatcher(TriggerFunctions functions, SiteBootstrap bootstrap, IServiceScopeFactory scopes)
{
    /// <summary>Invokes a function.</summary>
    /// <param name="functionName">The function; it must exist.</param>
    /// <param name="invocationId">An id for logs.</param>
    /// <param name="payload">The payload as UTF-8 JSON.</param>
    /// <param name="cancellationToken">Cancels the invocation.</param>
    /// <returns>The answer as UTF-8 JSON.</returns>
    /// <exception cref="InvocationFormatException">There is no such function, or the payload breaks the contract.</exception>
    public async Task<byte[]> InvokeAsync(string functionName, string invocationId, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var function = functions.Find(functionName) ?? throw new InvocationFormatException($"There is no function '{functionName}'.");
        var request = InvocationRequest.Parse(invocationId, payload.Span);
        await bootstrap.EnsureAsync(cancellationToken);
        await using var scope = scopes.CreateAsyncScope();
        var response = await function.Handler(request, scope.ServiceProvider, cancellationToken);
        return JsonSerializer.SerializeToUtf8Bytes(response, InvocationJson.Default.InvocationResponse);
    }
}
