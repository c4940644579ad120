using Cloudreve.Core.Tables;
using Cloudreve.DurableTask;
using Cloudreve.DurableTask.Embedded;

namespace Cloudreve.Functions.Hosting.Local;

/// <summary>Registers the local host.</summary>
internal static class LocalHostComposition
{
    /// <summary>Adds the local host and its task hub.</summary>
    /// <param name="services">The app's services.</param>
    public static IServiceCollection AddLocalHost(this IServiceCollection services)
    {
        services.AddSingleton<LocalInvoker>();
        services.AddSingleton<FunctionTaskDispatch>();
        services.AddSingleton(CreateHub);
        services.AddSingleton<OrchestrationStarter>(provider => StarterOf(provider.GetRequiredService<EmbeddedTaskHub>(), provider.GetRequiredService<ILogger<LocalHost>>()));
        services.AddSingleton<TaskHubConnector>(ConnectorOf);
        services.AddSingleton<OutputDelivery>();
        services.AddHostedService<LocalHost>();
        return services;
    }

    private static EmbeddedTaskHub CreateHub(IServiceProvider services)
    {
        var layout = services.GetRequiredService<StorageLayout>();
        var dispatch = services.GetRequiredService<FunctionTaskDispatch>();
        return new EmbeddedTaskHub(
            layout.Account,
            layout.Prefix,
            new TaskHubDispatcher(dispatch.RunOrchestratorAsync, dispatch.RunActivityAsync),
            timeProvider: services.GetRequiredService<TimeProvider>(),
            logger: services.GetRequiredService<ILogger<EmbeddedTaskHub>>());
    }

    /// <summary>The hub is in this process, whatever the binding says.</summary>
    private static TaskHubConnector ConnectorOf(IServiceProvider services)
    {
        var client = new EmbeddedDurableTaskClient(services.GetRequiredService<EmbeddedTaskHub>(), services.GetRequiredService<DurableTaskRegistry>());
        return _ => client;
    }

    private static OrchestrationStarter StarterOf(EmbeddedTaskHub hub, ILogger logger) => async (start, cancellationToken) =>
    {
        try
        {
            await hub.ScheduleAsync(start.FunctionName, start.InstanceId, start.Input.GetRawText(), cancellationToken);
        }
        catch (InvalidOperationException e)
        {
            // The message came twice, and the instance has ended in between.
            logger.LogInformation("Orchestration {InstanceId} is not started again: {Reason}", start.InstanceId, e.Message);
        }
    };
}
