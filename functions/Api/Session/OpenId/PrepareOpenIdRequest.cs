using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.OpenId;

/// <summary>The body that begins a sign-in with a provider.</summary>
/// <param name="Provider">The provider's number.</param>
/// <param name="Hint">The mail address that the user named.</param>
/// <param name="Linking">True if the identity is to be linked with the caller's account.</param>
internal sealed record PrepareOpenIdRequest(int Provider, [property: Longest(320)] string? Hint = null, bool? Linking = null);
