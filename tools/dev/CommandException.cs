namespace Cloudreve.Dev;

/// <summary>A command cannot go on. The message tells the developer why, and what to do.</summary>
/// <param name="message">One or a few lines for the terminal.</param>
internal sealed class CommandException(string message) : Exception(message);
