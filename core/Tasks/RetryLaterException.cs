namespace Cloudreve.Core.Tasks;

/// <summary>A step of a task could not be done now, and may be done later.</summary>
/// <param name="message">Why, for the task's owner.</param>
/// <param name="innerException">The underlying error.</param>
public sealed class RetryLaterException(string message, Exception? innerException = null) : Exception(message, innerException);
