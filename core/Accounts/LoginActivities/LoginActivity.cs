namespace Cloudreve.Core.Accounts.LoginActivities;

/// <summary>The method of a sign-in.</summary>
public enum LoginMethod
{
    /// <summary>With the password, and the second factor where there is one.</summary>
    Password,

    /// <summary>With a passkey.</summary>
    Passkey,

    /// <summary>Through an identity provider.</summary>
    OpenId,
}

/// <summary>A sign-in, or a try.</summary>
public sealed record LoginActivity
{
    /// <summary>The time of the sign-in.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The client's address; empty when it is not known.</summary>
    public string Ip { get; init; } = "";

    /// <summary>The browser.</summary>
    public string Browser { get; init; } = "";

    /// <summary>The kind of device.</summary>
    public string Device { get; init; } = "";

    /// <summary>The operating system.</summary>
    public string Os { get; init; } = "";

    /// <summary>The method of the sign-in.</summary>
    public LoginMethod Method { get; init; }

    /// <summary>The number of the identity provider (contract, section 23); 0 without one.</summary>
    public int OpenIdProvider { get; init; }

    /// <summary>True if the sign-in succeeded.</summary>
    public bool Success { get; init; }

    /// <summary>True if the client was a WebDAV client.</summary>
    public bool WebDav { get; init; }
}
