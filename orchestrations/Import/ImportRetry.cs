using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Import;

/// <summary>
/// Retries of an import's activities: storage may be down for a quarter of an hour, and each end of a worker in the middle of an activity
/// takes one try. The longest wait is short, so that work continues soon after whatever it was. What the domain refuses, it will refuse again.
/// </summary>
internal static class ImportRetry
{
    /// <summary>Maximum number of attempts at an activity.</summary>
    public const int MaxAttempts = 32;

    public static TaskOptions Options { get; } = TaskOptions.FromRetryPolicy(
        new RetryPolicy(MaxAttempts, TimeSpan.FromSeconds(2), 2, TimeSpan.FromSeconds(30))
        {
            HandleFailure = static failure => !failure.IsCausedBy<CloudreveException>(),
        });
}
