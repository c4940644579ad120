using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace Cloudreve.Orchestrations.Tests.Replay;

/// <summary>The functions of the product's orchestrations, by the names that the host knows.</summary>
internal static class FunctionCatalog
{
    public static IReadOnlyDictionary<string, MethodInfo> Orchestrators { get; } = Find<OrchestrationTriggerAttribute>();

    public static IReadOnlyDictionary<string, MethodInfo> Activities { get; } = Find<ActivityTriggerAttribute>();

    private static Dictionary<string, MethodInfo> Find<TTrigger>()
        where TTrigger : Attribute =>
        typeof(LostTasks).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods())
            .Where(m => m.GetParameters().Any(p => p.GetCustomAttribute<TTrigger>() is not null))
            .ToDictionary(m => m.GetCustomAttribute<FunctionAttribute>()!.Name);
}
