using Cloudreve.Core.Tables;

namespace Cloudreve.Functions.Triggers;

/// <summary>Registers the functions that queues, timers, blobs and the durable task hub start.</summary>
internal static class TriggerComposition
{
    /// <summary>Adds every trigger function.</summary>
    /// <param name="services">The app's services.</param>
    public static IServiceCollection AddCloudreveTriggers(this IServiceCollection services)
    {
        services.AddSingleton(provider => StartOrchestrationFunction.Create(provider.GetRequiredService<StorageLayout>().StartQueueName));
        return services;
    }
}
