namespace Cloudreve.Core.Content.FullText.Extraction;

/// <summary>A document whose text cannot be read: damaged, or made to keep a processor busy.</summary>
/// <param name="message">The reason, for the log.</param>
/// <param name="innerException">The cause.</param>
internal sealed class UnreadableDocumentException(string message, Exception? innerException = null) : Exception(message, innerException);
