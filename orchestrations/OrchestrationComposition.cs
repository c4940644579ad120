using Azure.Core.Serialization;
using Cloudreve.Orchestrations.ArchiveCreations;
using Cloudreve.Orchestrations.ArchiveExtractions;
using Cloudreve.Orchestrations.FullTextRebuilds;
using Cloudreve.Orchestrations.Relocations;
using Cloudreve.Orchestrations.RemoteDownloads;
using Cloudreve.Orchestrations.Steps;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Orchestrations;

/// <summary>Services of the workflows.</summary>
public static class OrchestrationComposition
{
    /// <summary>
    /// Adds the services of workflows beside the core, and fixes the JSON of inputs, outputs and statuses: instances in flight, and those
    /// of the release before, hold it. The worker has one serializer for all of its bindings.
    /// </summary>
    public static IServiceCollection AddOrchestrations(this IServiceCollection services)
    {
        services.Configure<WorkerOptions>(static options => options.Serializer = new JsonObjectSerializer(OrchestrationJson.Options));
        services.TryAddSingleton<LostTasks>();
        services.TryAddSingleton<FinishedInstances>();
        services.TryAddSingleton<ActivityGuard>();
        services.TryAddSingleton<ArchiveCreationWorkflow>();
        services.TryAddSingleton<ArchiveExtractionWorkflow>();
        services.TryAddSingleton<RelocationWorkflow>();
        services.TryAddSingleton<FullTextRebuildWorkflow>();
        services.TryAddSingleton<RemoteDownloadWorkflow>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<TaskWorkflow, ArchiveExtractionWorkflow>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<TaskWorkflow, RelocationWorkflow>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<TaskWorkflow, RemoteDownloadWorkflow>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<TaskWorkflow, ArchiveCreationWorkflow>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<TaskWorkflow, FullTextRebuildWorkflow>());
        return services;
    }
}
