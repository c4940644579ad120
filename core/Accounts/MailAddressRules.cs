using System.Net.Mail;

namespace Cloudreve.Core.Accounts;

/// <summary>Requirements for the mail address of an account.</summary>
internal static class MailAddressRules
{
    // RFC 5321, 4.5.3.1: a path has 256 characters with its brackets.
    private const int MaxLength = 254;

    /// <summary>Checks whether a text is exactly one mail address.</summary>
    public static bool Allow(string text) =>
        text.Length <= MaxLength && !text.Any(char.IsControl) && MailAddress.TryCreate(text, out var parsed) && parsed.Address == text;
}
