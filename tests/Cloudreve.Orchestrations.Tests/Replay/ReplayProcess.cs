using System.Reflection;
using System.Text.Json;
using Cloudreve.AzureStorage.Pipeline;
using Google.Protobuf;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Protobuf;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Grpc;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>A process that runs the product's functions: orchestrators through the official replay, activities with its own services.</summary>
/// <param name="services">The process's services.</param>
/// <param name="isDead">True if a simulated crash has ended the process; null for never.</param>
internal sealed class ReplayProcess(IServiceProvider services, Func<bool>? isDead = null) : IActivityRunner
{
    private static readonly IServiceProvider s_replayServices = new ServiceCollection()
        .AddSingleton(new DurableTaskShimFactory(
            new DurableTaskWorkerOptions { DataConverter = new JsonDataConverter(OrchestrationJson.Options) }, NullLoggerFactory.Instance))
        .BuildServiceProvider();

    /// <summary>Executes one turn of an orchestration.</summary>
    public static OrchestratorResponse Execute(string orchestrator, OrchestratorRequest request)
    {
        var answer = GrpcOrchestrationRunner.LoadAndRun(
            Convert.ToBase64String(request.ToByteArray()), new FunctionOrchestrator(FunctionCatalog.Orchestrators[orchestrator]), s_replayServices);
        return OrchestratorResponse.Parser.ParseFrom(Convert.FromBase64String(answer));
    }

    /// <summary>Runs an activity.</summary>
    /// <returns>Its result as JSON, or the reason that it failed.</returns>
    /// <exception cref="SimulatedCrashException">The process died: nothing is known of the activity.</exception>
    public async Task<(string? Result, TaskFailureDetails? Failure)> RunActivityAsync(string activity, string input)
    {
        var function = FunctionCatalog.Activities[activity];
        var instance = ActivatorUtilities.CreateInstance(services, function.DeclaringType!);
        var argument = JsonSerializer.Deserialize(input, function.GetParameters()[0].ParameterType, OrchestrationJson.Options);
        try
        {
            var task = (Task)function.Invoke(instance, BindingFlags.DoNotWrapExceptions, null, [argument, CancellationToken.None], null)!;
            await task;
            ThrowIfDead();
            return (JsonSerializer.Serialize(task.GetType().GetProperty("Result")!.GetValue(task), OrchestrationJson.Options), null);
        }
        catch (Exception e) when (e is not SimulatedCrashException)
        {
            ThrowIfDead();
            return (null, FailureForm.Describe(e));
        }
    }

    private void ThrowIfDead()
    {
        if (isDead?.Invoke() == true)
            throw new SimulatedCrashException();
    }
}
