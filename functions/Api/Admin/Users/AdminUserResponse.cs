using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Administration;
using Cloudreve.Core.Accounts.Passkeys;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Files;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Admin.Users;

/// <summary>An account as the administration sees it (contract, section 24).</summary>
internal sealed record AdminUserResponse(long Id, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, string Email, string Nick, string Status)
{
    /// <summary>Bytes in use.</summary>
    public long Storage { get; init; }

    /// <summary>The source of the picture.</summary>
    public string? Avatar { get; init; }

    /// <summary>The id of the group.</summary>
    public int GroupUsers { get; init; }

    /// <summary>The user's settings.</summary>
    public AdminUserSettings? Settings { get; init; }

    /// <summary>The group and the passkeys.</summary>
    public AdminUserEdges Edges { get; init; } = new();

    /// <summary>The id that users see.</summary>
    public string? HashId { get; init; }

    /// <summary>True if a second factor is set up.</summary>
    public bool TwoFaEnabled { get; init; }

    /// <summary>The storage capacity.</summary>
    public CapacityResponse? Capacity { get; init; }

    /// <summary>Describes an account.</summary>
    /// <param name="listed">The account.</param>
    /// <param name="group">Its group; null when it is gone.</param>
    public static AdminUserResponse Of(ListedUser listed, Group? group, SiteSettings site)
    {
        var user = listed.User;
        return new AdminUserResponse(user.Id, user.CreatedAt, user.UpdatedAt, user.Email, user.Nick, AdminUserStatus.NameOf(user.Status))
        {
            Storage = listed.Used,
            Avatar = user.Avatar.Length == 0 ? null : user.Avatar,
            GroupUsers = user.GroupId,
            Settings = AdminUserSettings.Of(user.Settings),
            Edges = new AdminUserEdges { Group = group is null ? null : new AdminGroupName(group.Id, group.Name) },
            HashId = site.HashIds.Encode(user.Id, HashIdKind.User),
            TwoFaEnabled = user.HasTwoFactor,
            Capacity = group is null ? null : new CapacityResponse(group.MaxStorage, listed.Used),
        };
    }
}

/// <summary>The objects related to an account.</summary>
internal sealed record AdminUserEdges
{
    /// <summary>The group.</summary>
    public AdminGroupName? Group { get; init; }

    /// <summary>Passkeys, if a single account was requested.</summary>
    public IReadOnlyList<AdminPasskeyName>? Passkey { get; init; }
}

/// <summary>A group's name.</summary>
internal sealed record AdminGroupName(int Id, string Name);

/// <summary>A passkey's name. The number is its position among the account's.</summary>
internal sealed record AdminPasskeyName(int Id, string Name, DateTimeOffset CreatedAt)
{
    /// <summary>Describes a passkey.</summary>
    public static AdminPasskeyName Of(Passkey passkey, int index) => new(index + 1, passkey.Name, passkey.CreatedAt);
}

/// <summary>A user's settings.</summary>
internal sealed record AdminUserSettings(bool VersionRetention, int VersionRetentionMax)
{
    /// <summary>Extensions of which versions are kept.</summary>
    public IReadOnlyList<string>? VersionRetentionExt { get; init; }

    /// <summary>A colour.</summary>
    public string? PreferredTheme { get; init; }

    /// <summary>A locale code.</summary>
    public string? Language { get; init; }

    /// <summary>Describes settings.</summary>
    public static AdminUserSettings Of(UserSettings settings) => new(settings.VersionRetentionEnabled, settings.VersionRetentionMax)
    {
        VersionRetentionExt = settings.VersionRetentionExt,
        PreferredTheme = settings.PreferredTheme,
        Language = settings.Language,
    };
}

/// <summary>The names of the states of accounts.</summary>
internal static class AdminUserStatus
{
    /// <summary>The states by name.</summary>
    public static readonly IReadOnlyDictionary<string, UserStatus> ByName = new Dictionary<string, UserStatus>(StringComparer.Ordinal)
    {
        ["active"] = UserStatus.Active,
        ["inactive"] = UserStatus.Inactive,
        ["manual_banned"] = UserStatus.ManualBanned,
        ["sys_banned"] = UserStatus.SysBanned,
    };

    /// <summary>A state's name.</summary>
    public static string NameOf(UserStatus status) => ByName.First(pair => pair.Value == status).Key;
}

/// <summary>A page of accounts.</summary>
internal sealed record AdminUserListResponse(IReadOnlyList<AdminUserResponse> Users, PaginationResponse Pagination);
