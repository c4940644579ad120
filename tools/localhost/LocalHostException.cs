namespace Cloudreve.LocalHost;

/// <summary>The host cannot start or go on; the message tells the developer why.</summary>
/// <param name="message">What is wrong, and what helps.</param>
/// <param name="cause">What it was found by, if anything.</param>
public sealed class LocalHostException(string message, Exception? cause = null) : Exception(message, cause);
