using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Cloudreve.Orchestrations.TestApp;

/// <summary>Records what the host sends to orchestrators, for tests that replay it.</summary>
public sealed class TurnRecorder(TurnRecording recording) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var trigger = context.FunctionDefinition.InputBindings.Values.FirstOrDefault(b => b.Type == "orchestrationTrigger");
        if (trigger is not null && (await context.BindInputAsync<object>(trigger)).Value is string request)
            recording.Add(context.FunctionDefinition.Name, request);
        await next(context);
    }
}
