namespace Cloudreve.Functions.Api.Edge;

/// <summary>
/// Declares who may call an HTTP function. A function without it keeps the app from starting.
/// </summary>
/// <param name="authClass">The callers that are admitted.</param>
/// <param name="scope">
/// The scope that a token issued to an OAuth client must hold (contract, section 7); null refuses such tokens.
/// </param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RequiresAttribute(AuthClass authClass, string? scope = null) : Attribute
{
    /// <summary>The callers that are admitted.</summary>
    public AuthClass Class { get; } = authClass;

    /// <summary>The scope that OAuth clients need; null refuses them.</summary>
    public string? Scope { get; } = scope;

    /// <summary>
    /// True if the sign-in that the caller's token descends from must still be valid, that is, not signed out and not older than the last change
    /// of the password or mail address. For everything that lists or changes the ways to sign in, for what outlives the token such as links, and
    /// for everything that administrators do: otherwise a token that was stolen before the change would work for up to an hour, long enough for
    /// the thief to create another way in. Two transactions more.
    /// </summary>
    public bool LiveSignIn { get; init; } = authClass == AuthClass.Admin;

    /// <summary>True if the function also runs while the site does not exist yet or its storage does not respond.</summary>
    public bool WithoutSite { get; init; }
}
