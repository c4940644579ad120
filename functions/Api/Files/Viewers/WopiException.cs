namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>A request of a viewer that is refused.</summary>
/// <param name="status">The HTTP status that the protocol gives the reason.</param>
/// <param name="message">The reason, for the viewer's log.</param>
internal sealed class WopiException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>With status 409: what the lock in the way is called, empty when there is none of a viewer; else null.</summary>
    public string? HeldLock { get; init; }
}
