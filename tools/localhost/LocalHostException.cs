namespace Cloudreve.LocalHost;

/// <summary>The host cannot start or go on; the message tells the developer why.</summary>
public sealed class LocalHostException(string message) : Exception(message);
