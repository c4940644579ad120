using Cloudreve.Core.Site.Bootstrap;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Functions.Triggers;

/// <summary>Makes sure that the site exists before a queue, timer, blob or activity function works on it.</summary>
internal sealed class TriggerGate(SiteBootstrap bootstrap) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        await bootstrap.EnsureAsync(context.CancellationToken);
        await next(context);
    }
}

/// <summary>Adds <see cref="TriggerGate"/> in front of the functions that need it.</summary>
internal static class TriggerGateComposition
{
    private const string HttpTrigger = "httpTrigger";

    // An orchestrator replays: it may only wait for its own tasks.
    private const string OrchestrationTrigger = "orchestrationTrigger";

    /// <summary>Adds the gate.</summary>
    public static void UseTriggerGate(this FunctionsApplicationBuilder builder) => builder.UseWhen<TriggerGate>(NeedsSite);

    private static bool NeedsSite(FunctionContext context) => !context.FunctionDefinition.InputBindings.Values.Any(
        binding => binding.Type.Equals(HttpTrigger, StringComparison.OrdinalIgnoreCase)
            || binding.Type.Equals(OrchestrationTrigger, StringComparison.OrdinalIgnoreCase));
}
