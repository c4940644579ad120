using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The body that ends a sign-in.</summary>
/// <param name="SessionId">The session id from the first step.</param>
/// <param name="Response">The assertion, as JSON text.</param>
internal sealed record FinishPasskeySignInRequest(string SessionId, [property: Longest(PasskeyCeremonies.MaxResponse)] string Response);
