using System.Reflection;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>Runs an orchestrator function.</summary>
internal sealed class FunctionOrchestrator(MethodInfo function) : ITaskOrchestrator
{
    public Type InputType => function.GetParameters()[1].ParameterType;

    public Type OutputType => typeof(object);

    public async Task<object?> RunAsync(TaskOrchestrationContext context, object? input)
    {
        var task = (Task)function.Invoke(null, [context, input])!;
        await task;
        return task.GetType().GetProperty("Result")!.GetValue(task);
    }
}
