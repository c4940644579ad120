namespace Cloudreve.Core.Infrastructure.Errors;

/// <summary>
/// A request that fails for a reason that the API documents. The edge turns it into an envelope;
/// nothing else of the exception reaches the client.
/// </summary>
/// <param name="code">The documented code.</param>
/// <param name="message">The message for users; no secrets, no addresses.</param>
/// <param name="innerException">The cause, for the log.</param>
public class CloudreveException(ErrorCode code, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>The documented code.</summary>
    public ErrorCode Code { get; } = code;
}
