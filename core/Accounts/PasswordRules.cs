using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Accounts;

/// <summary>Requirements for a new password (contract, section 6).</summary>
public static class PasswordRules
{
    /// <summary>The shortest new password, in characters.</summary>
    public const int MinLength = 6;

    /// <summary>The longest password, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>Throws for a password that may not be set.</summary>
    /// <exception cref="CloudreveException">40001.</exception>
    public static void Check(string password)
    {
        if (password.CountCharacters() is < MinLength or > MaxLength)
            throw new CloudreveException(ErrorCode.BadParameter, "The password must have 6 to 128 characters.");
    }
}
