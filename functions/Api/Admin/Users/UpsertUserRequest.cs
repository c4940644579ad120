using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Infrastructure.Errors;

namespace Cloudreve.Functions.Api.Admin.Users;

/// <summary>The body of a new account or a change of one.</summary>
/// <param name="Password">A new password; empty to keep the old one.</param>
/// <param name="TwoFa">Anything to remove the second factor.</param>
internal sealed record UpsertUserRequest(UpsertUser User, string? Password = null, string? TwoFa = null)
{
    /// <summary>Reads the change of an account, except the password.</summary>
    /// <exception cref="CloudreveException">40001: the state is unknown.</exception>
    public UserChange ReadChange() => new()
    {
        Email = User.Email,
        Nick = User.Nick,
        Status = User.ReadStatus(),
        GroupId = User.GroupUsers,
        RemovesAvatar = User.Avatar is { Length: 0 },
        RemovesTwoFactor = !string.IsNullOrEmpty(TwoFa),
    };
}

/// <summary>An account in a body; fields that are left out, or null, stay as they are.</summary>
internal sealed record UpsertUser
{
    /// <summary>The mail address.</summary>
    public string? Email { get; init; }

    /// <summary>The display name.</summary>
    public string? Nick { get; init; }

    /// <summary>The name of a state.</summary>
    public string? Status { get; init; }

    /// <summary>The group.</summary>
    public int? GroupUsers { get; init; }

    /// <summary>The source of the picture; only empty, for none, can be set.</summary>
    public string? Avatar { get; init; }

    /// <summary>The state; null when none is given.</summary>
    /// <exception cref="CloudreveException">40001: there is no such state.</exception>
    public UserStatus? ReadStatus() => string.IsNullOrEmpty(Status)
        ? null
        : AdminUserStatus.ByName.TryGetValue(Status, out var status)
            ? status
            : throw new CloudreveException(ErrorCode.BadParameter, "The status of the user is unknown.");
}
