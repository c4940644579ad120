namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>Actions that a client may take only so often, whichever accounts they concern.</summary>
public enum ClientBudget
{
    /// <summary>Wrong passwords of sign-ins, and addresses without an account.</summary>
    FailedSignIns,

    /// <summary>Wrong codes of a second factor.</summary>
    WrongCodes,

    /// <summary>Wrong passwords of share links.</summary>
    WrongSharePasswords,

    /// <summary>Questions about mail addresses that have no account.</summary>
    UnknownAccounts,

    /// <summary>Sign-ups, each of which may send a mail.</summary>
    SignUps,

    /// <summary>Mails to an account that anybody can trigger.</summary>
    Mails,

    /// <summary>Reports of abuse.</summary>
    AbuseReports,

    /// <summary>Captchas that the site draws.</summary>
    CaptchaPictures,

    /// <summary>Sign-ins and registrations of passkeys and with identity providers that were begun, and consents to applications.</summary>
    Ceremonies,

    /// <summary>Wrong passwords of WebDAV accounts.</summary>
    FailedDavSignIns,
}
