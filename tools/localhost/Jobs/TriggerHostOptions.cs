using Cloudreve.LocalHost.Workers;
using Microsoft.Extensions.Logging;

namespace Cloudreve.LocalHost.Jobs;

/// <summary>The services that the job host works with.</summary>
/// <param name="Functions">The functions that are switched on.</param>
/// <param name="Invoker">Runs them.</param>
/// <param name="Slot">The worker.</param>
/// <param name="HostJson">The settings of the extensions.</param>
/// <param name="Settings">The app settings.</param>
/// <param name="Webhooks">The extensions' HTTP endpoints.</param>
/// <param name="ConfigureLogging">Sends the logs to the host's output.</param>
internal sealed record TriggerHostOptions(
    IReadOnlyList<FunctionDefinition> Functions,
    FunctionInvoker Invoker,
    WorkerSlot Slot,
    HostJson HostJson,
    HostSettings Settings,
    Webhooks Webhooks,
    Func<ILoggingBuilder, ILoggingBuilder> ConfigureLogging);
