using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Testing.Azurite;
using Xunit;

[assembly: AssemblyFixture(typeof(AzuriteServer))]

namespace Cloudreve.DurableTask.Tests;

/// <summary>An orchestrator made of a lambda.</summary>
internal sealed class Orchestrator<TInput, TOutput>(Func<TaskOrchestrationContext, TInput, Task<TOutput>> code) : TaskOrchestrator<TInput, TOutput>
{
    public override Task<TOutput> RunAsync(TaskOrchestrationContext context, TInput input) => code(context, input);
}

/// <summary>An activity made of a lambda.</summary>
internal sealed class Activity<TInput, TOutput>(Func<TaskActivityContext, TInput, Task<TOutput>> code) : TaskActivity<TInput, TOutput>
{
    public override Task<TOutput> RunAsync(TaskActivityContext context, TInput input) => code(context, input);
}

internal sealed class NoServices : IServiceProvider
{
    public object? GetService(Type serviceType) => null;
}

internal sealed record Order(string Item, decimal Price, DateTimeOffset At);

[JsonSerializable(typeof(Order))]
internal sealed partial class TestJsonContext : JsonSerializerContext;

internal static class RegistryExtensions
{
    public static DurableTaskRegistry NewRegistry() => new(new JsonSerializerOptions { TypeInfoResolver = TestJsonContext.Default });

    public static DurableTaskRegistry Orchestrator<TInput, TOutput>(
        this DurableTaskRegistry registry, string name, Func<TaskOrchestrationContext, TInput, Task<TOutput>> code) =>
        registry.AddOrchestrator(name, () => new Orchestrator<TInput, TOutput>(code));

    public static DurableTaskRegistry Activity<TInput, TOutput>(this DurableTaskRegistry registry, string name, Func<TInput, TOutput> code) =>
        registry.AddActivity(name, () => new Activity<TInput, TOutput>((_, input) => Task.FromResult(code(input))));
}
