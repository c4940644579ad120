namespace Cloudreve.Functions.Api.Session.OpenId;

/// <summary>The body that ends a sign-in with a provider.</summary>
/// <param name="Code">The code that the user came back with.</param>
/// <param name="SessionId">The state that the user came back with.</param>
/// <param name="ProviderId">The provider's number.</param>
internal sealed record FinishOpenIdRequest(string Code, string SessionId, int ProviderId);
