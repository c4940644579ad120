namespace Cloudreve.Core.Accounts.OAuth;

/// <summary>An exchange that fails, in the terms of RFC 6749, section 5.2.</summary>
/// <param name="error">The error's code, such as <c>invalid_grant</c>.</param>
/// <param name="description">The description for developers.</param>
public sealed class OAuthException(string error, string description) : Exception(description)
{
    /// <summary>The error's code.</summary>
    public string Error { get; } = error;
}
