using Cloudreve.Core.Tables;
using Cloudreve.Functions.Hosting;
using Cloudreve.Orchestrations;

namespace Cloudreve.Functions.Triggers;

/// <summary>Registers the functions that queues, timers, blobs and the durable task hub start.</summary>
internal static class TriggerComposition
{
    /// <summary>Adds every trigger function.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="settings">Which of the optional ones.</param>
    public static IServiceCollection AddCloudreveTriggers(this IServiceCollection services, HostSettings settings)
    {
        var registry = WorkflowRegistry.Create();
        services.AddSingleton(registry);
        foreach (var function in DurableFunctions.Create(registry))
            services.AddSingleton(function);
        services.AddSingleton(provider => StartOrchestrationFunction.Create(provider.GetRequiredService<StorageLayout>().StartQueueName));
        services.AddSingleton(provider => ControlOrchestrationFunction.Create(provider.GetRequiredService<StorageLayout>().ControlQueueName));
        services.AddSingleton(LostTasksFunction.Create());
        foreach (var function in DriveMaintenanceFunctions.Create())
            services.AddSingleton(function);
        services.AddSingleton(UploadExpiryFunction.Create());
        services.AddSingleton(SweepFunction.Create());
        foreach (var function in SessionFunctions.Create())
            services.AddSingleton(function);
        services.AddSingleton(provider => BlobArrivalFunctions.FromEvents(provider.GetRequiredService<StorageLayout>()));
        services.AddSingleton(provider => GenerateThumbnailFunction.Create(provider.GetRequiredService<StorageLayout>()));
        services.AddSingleton(ViewerSessionsFunction.Create());
        services.AddSingleton(provider => SendMailFunction.Create(provider.GetRequiredService<StorageLayout>()));
        if (settings.BlobTriggerSource is { } source)
            services.AddSingleton(provider => BlobArrivalFunctions.FromBlobs(provider.GetRequiredService<StorageLayout>(), source));
        return services;
    }
}
