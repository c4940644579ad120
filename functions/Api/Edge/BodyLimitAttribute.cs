namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Limits the body of an HTTP function. Every function for a method other than GET, HEAD or OPTIONS declares it; those accept
/// no body.
/// </summary>
/// <param name="bytes">The largest body in bytes; 0 for none.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BodyLimitAttribute(long bytes) : Attribute
{
    /// <summary>No body is read.</summary>
    public const long None = 0;

    /// <summary>The largest JSON body.</summary>
    public const long Json = 4 * 1024 * 1024;

    /// <summary>The largest content that one request may carry, below the limit of the Functions host.</summary>
    public const long Content = 100 * 1024 * 1024;

    /// <summary>The largest body in bytes.</summary>
    public long Bytes { get; } = bytes;
}
