namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>An identity provider that the user may sign in with.</summary>
/// <param name="Provider">The provider's number.</param>
/// <param name="LinkedAt">Since when.</param>
internal sealed record OpenIdLinkResponse(int Provider, DateTimeOffset LinkedAt);
