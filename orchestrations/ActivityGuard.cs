using Cloudreve.AzureStorage;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tasks;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Orchestrations;

/// <summary>
/// Runs the bodies of activities. Every failure is logged; and one that a retry cannot fix becomes a domain error, which
/// workflows do not try again.
/// </summary>
/// <param name="logger">Receives the failures.</param>
public sealed class ActivityGuard(ILogger<ActivityGuard> logger)
{
    private const string InternalError = "An internal error occurred; the site's log has the details.";

    /// <summary>Runs a body.</summary>
    /// <param name="activity">The activity's name.</param>
    /// <param name="taskId">The task that it works for.</param>
    /// <param name="run">The body.</param>
    /// <exception cref="CloudreveException">Another try would fail as well.</exception>
    public async Task<T> RunAsync<T>(string activity, long taskId, Func<Task<T>> run)
    {
        try
        {
            return await run();
        }
        catch (CloudreveException e)
        {
            logger.LogWarning(e, "Activity {Activity} of task {Task} failed for good.", activity, taskId);
            throw;
        }
        catch (Exception e) when (IsPassing(e))
        {
            logger.LogWarning(e, "Activity {Activity} of task {Task} failed and may be tried again.", activity, taskId);
            throw;
        }
        catch (Exception e)
        {
            logger.LogError(e, "Activity {Activity} of task {Task} failed for good.", activity, taskId);
            throw new CloudreveException(ErrorCode.UnsetError, InternalError, e);
        }
    }

    /// <summary>Checks whether an error may be temporary: storage is unavailable, a competing call was quicker, or the process is stopping.</summary>
    private static bool IsPassing(Exception error) => error
        is (StorageException and not StorageUnreadableException) or RetryLaterException or OperationCanceledException or TimeoutException or IOException or HttpRequestException;
}
