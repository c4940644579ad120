using Cloudreve.Core.Drive.Locks;

namespace Cloudreve.Functions.WebDav.Requests;

/// <summary>Tokens of locks as clients write them: the URI contains the random part of the drive's token, but not its owner.</summary>
internal static class LockTokens
{
    private const string Scheme = "opaquelocktoken:";

    /// <summary>The URI of a lock's token; null for a lock that no WebDAV client made.</summary>
    /// <param name="held">The lock.</param>
    public static string? UriOf(DriveLock held) =>
        held.Application.Type == LockApplication.WebDav && Guid.TryParseExact(held.Token[(held.Token.IndexOf('-', StringComparison.Ordinal) + 1)..], "N", out var id)
            ? Scheme + id
            : null;

    /// <summary>Checks whether a URI is that of a lock.</summary>
    /// <param name="held">The lock.</param>
    /// <param name="uri">The URI.</param>
    public static bool IsOf(DriveLock held, string uri) => string.Equals(UriOf(held), uri.Trim(), StringComparison.OrdinalIgnoreCase);
}
