namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>The answer to a consent.</summary>
/// <param name="Code">The code that the application exchanges.</param>
/// <param name="State">The state that it sent.</param>
internal sealed record ConsentResponse(string Code, string State);
