using System.Reflection.Emit;
using Cloudreve.LocalHost.Workers;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>Turns the triggers of the worker's metadata into the attributes of the WebJobs SDK.</summary>
internal static class TriggerAttributes
{
    /// <summary>The triggers that this host serves beside HTTP and timers.</summary>
    private static readonly HashSet<string> s_elsewhere = new(StringComparer.OrdinalIgnoreCase) { "httpTrigger", "timerTrigger" };

    /// <summary>Describes a function's trigger.</summary>
    /// <returns>The attribute; null when HTTP or a timer drives the function.</returns>
    /// <exception cref="LocalHostException">The host does not know the trigger.</exception>
    public static CustomAttributeBuilder? Create(FunctionDefinition function)
    {
        var connection = function.Setting("connection");
        return function.TriggerType.ToUpperInvariant() switch
        {
            "QUEUETRIGGER" => Build<QueueTriggerAttribute>(function.Setting("queueName"), (nameof(QueueTriggerAttribute.Connection), connection)),
            "BLOBTRIGGER" => Build<BlobTriggerAttribute>(
                function.Setting("path"),
                (nameof(BlobTriggerAttribute.Connection), connection),
                (nameof(BlobTriggerAttribute.Source), ReadSource(function))),
            "ORCHESTRATIONTRIGGER" => Build<OrchestrationTriggerAttribute>(
                null, (nameof(OrchestrationTriggerAttribute.Orchestration), function.Setting("orchestration") ?? function.Name)),
            "ACTIVITYTRIGGER" => Build<ActivityTriggerAttribute>(
                null, (nameof(ActivityTriggerAttribute.Activity), function.Setting("activity") ?? function.Name)),
            _ when s_elsewhere.Contains(function.TriggerType) => null,
            _ => throw new LocalHostException($"Function {function.Name}: this host does not serve triggers of type '{function.TriggerType}'."),
        };
    }

    private static BlobTriggerSource ReadSource(FunctionDefinition function) =>
        Enum.Parse<BlobTriggerSource>(function.Setting("source") ?? nameof(BlobTriggerSource.LogsAndContainerScan), ignoreCase: true);

    private static CustomAttributeBuilder Build<T>(string? argument, params IEnumerable<(string Name, object? Value)> properties)
    {
        var set = properties.Where(property => property.Value is not null).ToList();
        return new CustomAttributeBuilder(
            typeof(T).GetConstructor(argument is null ? [] : [typeof(string)])!,
            argument is null ? [] : [argument],
            [.. set.Select(property => typeof(T).GetProperty(property.Name)!)],
            [.. set.Select(property => property.Value)]);
    }
}
