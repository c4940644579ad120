namespace Cloudreve.Functions.Api.Users;

/// <summary>A place that a user pinned.</summary>
/// <param name="Uri">File URI.</param>
/// <param name="Name">The user's label.</param>
internal sealed record PinResponse(string Uri, string? Name);
