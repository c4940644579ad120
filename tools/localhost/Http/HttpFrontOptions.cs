namespace Cloudreve.LocalHost.Http;

/// <summary>The rules of the HTTP front.</summary>
/// <param name="BodyLimit">The largest request body in bytes.</param>
/// <param name="IsDisabled">Tests whether a function is disabled.</param>
internal sealed record HttpFrontOptions(long BodyLimit, Predicate<string> IsDisabled);
