using Cloudreve.Core.Tasks.Administration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Cloudreve.Core.Tasks;

/// <summary>Registers the tasks of workflows.</summary>
internal static class TasksComposition
{
    public static IServiceCollection AddTasks(this IServiceCollection services)
    {
        services.TryAddSingleton<TaskStore>();
        services.TryAddSingleton<TaskRuns>();
        services.TryAddSingleton<TaskCallers>();
        services.TryAddSingleton<TaskItemSweep>();
        services.TryAddSingleton<TaskAdministration>();
        return services;
    }
}
