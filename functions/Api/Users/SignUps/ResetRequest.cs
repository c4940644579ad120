namespace Cloudreve.Functions.Api.Users.SignUps;

/// <summary>The body of a reset.</summary>
/// <param name="Password">The new password.</param>
/// <param name="Secret">The secret of the link.</param>
internal sealed record ResetRequest(string Password, string Secret);
