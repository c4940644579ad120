namespace Cloudreve.Functions.Api.Session.Passkeys;

/// <summary>The site.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Id">Its domain.</param>
internal sealed record RelyingPartyEntity(string Name, string Id);
