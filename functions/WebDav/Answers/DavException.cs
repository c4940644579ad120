namespace Cloudreve.Functions.WebDav.Answers;

/// <summary>A request that fails with a status of the protocol.</summary>
/// <param name="message">The message that clients may show or log.</param>
internal sealed class DavException(int status, string message) : Exception(message)
{
    /// <summary>The status.</summary>
    public int Status { get; } = status;

    /// <summary>The condition that failed (RFC 4918, section 16): a local name of the namespace DAV; null for none.</summary>
    public string? Condition { get; init; }

    /// <summary>Addresses that belong to the condition, such as those of locks.</summary>
    public IReadOnlyList<string> Hrefs { get; init; } = [];
}
