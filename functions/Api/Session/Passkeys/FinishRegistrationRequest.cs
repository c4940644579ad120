using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The body that ends a registration.</summary>
/// <param name="Response">The credential, as JSON text.</param>
/// <param name="Ua">The browser's user agent.</param>
internal sealed record FinishRegistrationRequest([property: Longest(PasskeyCeremonies.MaxResponse)] string Response, string Name, string Ua);
