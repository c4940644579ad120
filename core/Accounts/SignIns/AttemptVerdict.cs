namespace Cloudreve.Core.Accounts.SignIns;

/// <summary>The decision on an attempt to guess a secret.</summary>
internal enum AttemptVerdict
{
    /// <summary>It is looked at.</summary>
    Allowed,

    /// <summary>It is looked at if the client solves a captcha, because guesses come from many addresses.</summary>
    NeedsCaptcha,

    /// <summary>It is not looked at.</summary>
    Refused,
}
