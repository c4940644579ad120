using Cloudreve.Core.Errors;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Import;

/// <summary>
/// Retries of an import's activities: storage may be down for some minutes. What the domain refuses, it will refuse again.
/// </summary>
internal static class ImportRetry
{
    public static TaskOptions Options { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(8, TimeSpan.FromSeconds(2), 2, TimeSpan.FromMinutes(2))
        {
            HandleFailure = static failure => !failure.IsCausedBy<CloudreveException>(),
        });
}
