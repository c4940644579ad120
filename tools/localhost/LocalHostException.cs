namespace Cloudreve.LocalHost;

/// <summary>The host cannot start or continue, for the reason in the message.</summary>
/// <param name="message">The problem, and the remedy.</param>
/// <param name="cause">The underlying error, if any.</param>
public sealed class LocalHostException(string message, Exception? cause = null) : Exception(message, cause);
