namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>The decision on an attempt to guess a secret.</summary>
internal enum AttemptVerdict
{
    /// <summary>The attempt is checked.</summary>
    Allowed,

    /// <summary>The attempt is checked if the client solves a captcha, because guesses come from many addresses.</summary>
    NeedsCaptcha,

    /// <summary>The attempt is refused unchecked.</summary>
    Refused,
}
