namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Declares that answers of an HTTP function carry a token, a code or another secret: neither browsers nor proxies may keep them, on disk
/// least of all.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeverStoredAttribute : Attribute;
