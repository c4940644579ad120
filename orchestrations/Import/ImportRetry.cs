using Cloudreve.Core.Infrastructure.Errors;
using Microsoft.DurableTask;

namespace Cloudreve.Orchestrations.Import;

/// <summary>
/// Retries of an import's activities: storage may be down for a quarter of an hour, and each worker that ends in the middle of an activity
/// uses up one attempt. The longest wait is short, so that work resumes soon after any outage. Domain errors are not retried.
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
