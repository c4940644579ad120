namespace Cloudreve.DurableTask;

/// <summary>Why an activity, a sub-orchestration or an instance failed.</summary>
/// <param name="ErrorType">The full name of the exception's type.</param>
/// <param name="ErrorMessage">The exception's message.</param>
/// <param name="StackTrace">Where it was thrown; null when unknown.</param>
/// <param name="InnerFailure">What caused it; null for nothing else.</param>
/// <param name="IsNonRetriable">True when a retry cannot help.</param>
public sealed record TaskFailureDetails(
    string ErrorType, string ErrorMessage, string? StackTrace, TaskFailureDetails? InnerFailure, bool IsNonRetriable = false)
{
    // An exception chain can be cyclic in theory; nobody reads more than this.
    private const int MaximumDepth = 10;

    /// <summary>Describes an exception with its inner ones.</summary>
    /// <param name="exception">The exception.</param>
    public static TaskFailureDetails FromException(Exception exception) => FromException(exception, MaximumDepth);

    /// <summary>Whether the failure came from an exception of exactly this type.</summary>
    /// <typeparam name="TException">The type.</typeparam>
    public bool IsCausedBy<TException>()
        where TException : Exception => ErrorType == typeof(TException).FullName;

    /// <inheritdoc/>
    public override string ToString() => $"{ErrorType}: {ErrorMessage}";

    internal Protocol.TaskFailureDetails ToMessage()
    {
        var message = new Protocol.TaskFailureDetails
        {
            ErrorType = ErrorType,
            ErrorMessage = ErrorMessage,
            InnerFailure = InnerFailure?.ToMessage(),
            IsNonRetriable = IsNonRetriable,
        };
        if (StackTrace is not null)
            message.StackTrace = StackTrace;
        return message;
    }

    internal static TaskFailureDetails FromMessage(Protocol.TaskFailureDetails? message) => message is null
        ? new TaskFailureDetails("Unknown", "The task failed without details.", null, null)
        : new TaskFailureDetails(
            message.ErrorType,
            message.ErrorMessage,
            message.StackTrace,
            message.InnerFailure is { } inner ? FromMessage(inner) : null,
            message.IsNonRetriable);

    private static TaskFailureDetails FromException(Exception exception, int depth)
    {
        var inner = exception switch
        {
            TaskFailedException failed => failed.FailureDetails,
            { InnerException: { } cause } when depth > 1 => FromException(cause, depth - 1),
            _ => null,
        };
        return new TaskFailureDetails(exception.GetType().FullName ?? exception.GetType().Name, exception.Message, exception.StackTrace, inner);
    }
}

/// <summary>Thrown in an orchestrator when an activity or sub-orchestration that it called has failed.</summary>
/// <param name="taskName">The name of what was called.</param>
/// <param name="taskId">The call's number within the instance.</param>
/// <param name="failureDetails">Why it failed.</param>
public sealed class TaskFailedException(string taskName, int taskId, TaskFailureDetails failureDetails)
    : Exception($"Task '{taskName}' (#{taskId}) failed with an unhandled exception: {failureDetails.ErrorMessage}")
{
    /// <summary>The name of what was called.</summary>
    public string TaskName { get; } = taskName;

    /// <summary>The call's number within the instance.</summary>
    public int TaskId { get; } = taskId;

    /// <summary>Why it failed.</summary>
    public TaskFailureDetails FailureDetails { get; } = failureDetails;
}

/// <summary>
/// The code of an orchestrator does not follow its recorded history: it was changed while the instance ran, or it is not deterministic.
/// </summary>
/// <param name="message">What differs.</param>
public sealed class NonDeterministicOrchestrationException(string message) : Exception(message);
