using System.Globalization;
using System.Text.Json;
using Cloudreve.Functions.Hosting.Invocation;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>
/// Invokes functions within the process: through the payload's JSON and back through the answer's, as if a Functions host stood between.
/// </summary>
internal sealed class LocalInvoker(InvocationDispatcher dispatcher)
{
    private long _invocations;

    /// <summary>Invokes a function.</summary>
    /// <param name="function">The function.</param>
    /// <param name="payload">The payload's JSON.</param>
    /// <param name="cancellationToken">Cancels the invocation.</param>
    public async Task<InvocationResponse> InvokeAsync(TriggerFunction function, byte[] payload, CancellationToken cancellationToken)
    {
        var invocationId = Interlocked.Increment(ref _invocations).ToString(CultureInfo.InvariantCulture);
        var answer = await dispatcher.InvokeAsync(function.Name, invocationId, payload, cancellationToken);
        return JsonSerializer.Deserialize(answer, InvocationJson.Default.InvocationResponse)!;
    }
}
