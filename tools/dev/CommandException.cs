namespace Cloudreve.Dev;

/// <summary>A command cannot continue. The message says why, and what the developer can do.</summary>
/// <param name="message">One or a few lines for the terminal.</param>
internal sealed class CommandException(string message) : Exception(message);
