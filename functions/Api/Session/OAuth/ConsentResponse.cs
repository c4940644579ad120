namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>The answer to a consent.</summary>
/// <param name="Code">What the application exchanges.</param>
/// <param name="State">What it sent.</param>
internal sealed record ConsentResponse(string Code, string State);
