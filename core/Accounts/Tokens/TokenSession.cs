namespace Cloudreve.Core.Accounts.Tokens;

/// <summary>The sign-in that a token descends from.</summary>
/// <param name="RootId">The id that all tokens of one sign-in share; signing out revokes it.</param>
/// <param name="State">The state of the account when the token was made: a change of password or mail address changes it.</param>
public sealed record TokenSession(Guid RootId, string State);
