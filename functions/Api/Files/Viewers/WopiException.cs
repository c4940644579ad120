namespace Cloudreve.Functions.Api.Files.Viewers;

/// <summary>A request of a viewer that is refused.</summary>
/// <param name="status">The HTTP status that the protocol gives the reason.</param>
/// <param name="message">The reason, for the viewer's log.</param>
internal sealed class WopiException(int status, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>With status 409: the name of the conflicting lock, empty when it is not a viewer's; otherwise null.</summary>
    public string? HeldLock { get; init; }
}
