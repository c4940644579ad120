namespace Cloudreve.Core.Content.Media;

/// <summary>A file's content cannot be read, so there is no thumbnail or information.</summary>
/// <param name="message">The reason, for the log; without content of the file.</param>
/// <param name="isFinal">True if another attempt with the same content would fail as well.</param>
/// <param name="innerException">The underlying error.</param>
internal sealed class MediaException(string message, bool isFinal, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>True if another attempt with the same content would fail as well.</summary>
    public bool IsFinal { get; } = isFinal;
}
