namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The site.</summary>
/// <param name="Name">The display name.</param>
/// <param name="Id">Its domain.</param>
internal sealed record RelyingPartyEntity(string Name, string Id);
