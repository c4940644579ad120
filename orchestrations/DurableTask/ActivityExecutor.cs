using Cloudreve.DurableTask.Serialization;

namespace Cloudreve.DurableTask;

/// <summary>Runs activities for a host: under a Functions host and in the embedded task hub alike.</summary>
/// <param name="registry">The activities.</param>
/// <param name="services">What their factories get.</param>
public sealed class ActivityExecutor(DurableTaskRegistry registry, IServiceProvider services)
{
    /// <summary>
    /// Runs an activity. A failure of its code is an answer, not an exception: the host would drop the details of the latter.
    /// </summary>
    /// <param name="name">The activity.</param>
    /// <param name="instanceId">The calling instance.</param>
    /// <param name="inputJson">The input as JSON text; null or empty for none.</param>
    /// <param name="cancellationToken">Cancelled when the process stops.</param>
    /// <returns>JSON text for the orchestrator's eyes only. A host returns it as one string.</returns>
    /// <exception cref="OperationCanceledException">The process stops; the activity has to be run again.</exception>
    public async Task<string> ExecuteAsync(string name, string instanceId, string? inputJson, CancellationToken cancellationToken = default)
    {
        if (registry.FindActivity(name) is not { } run)
        {
            return ActivityResult.Failed(new TaskFailureDetails(
                typeof(InvalidOperationException).FullName!, $"There is no activity named '{name}'.", null, null, IsNonRetriable: true));
        }
        try
        {
            var context = new TaskActivityContext(name, instanceId, cancellationToken);
            return ActivityResult.Success(await run(services, context, inputJson));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e)
        {
            return ActivityResult.Failed(TaskFailureDetails.FromException(e));
        }
    }
}
