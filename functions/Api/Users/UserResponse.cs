using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users;

/// <summary>A user as clients see it (contract, section 5).</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="Nickname">The display name; empty for the anonymous user.</param>
/// <param name="CreatedAt">The time the account was created.</param>
internal sealed record UserResponse(string Id, string Nickname, DateTimeOffset CreatedAt)
{
    /// <summary>Mail address; hidden from anonymous callers.</summary>
    public string? Email { get; init; }

    /// <summary>State of the account; only for the user.</summary>
    public string? Status { get; init; }

    /// <summary>The source of the picture; left out when there is none.</summary>
    public string? Avatar { get; init; }

    /// <summary>Theme colour; only for the user.</summary>
    public string? PreferredTheme { get; init; }

    /// <summary>True for the anonymous user.</summary>
    public bool? Anonymous { get; init; }

    /// <summary>The group.</summary>
    public GroupResponse? Group { get; init; }

    /// <summary>Sidebar pins; only for the user.</summary>
    public IReadOnlyList<PinResponse>? Pined { get; init; }

    /// <summary>Locale code; only for the user.</summary>
    public string? Language { get; init; }

    /// <summary>True if folder views are kept on the client only; shown only to the user.</summary>
    public bool? DisableViewSync { get; init; }

    /// <summary>The share links that the profile shows.</summary>
    public string? ShareLinksInProfile { get; init; }

    /// <summary>The user's own account as the user sees it.</summary>
    public static UserResponse Own(User user, Group group, SiteSettings site) => Redacted(user, group, site, showEmail: true) with
    {
        Status = StatusOf(user),
        PreferredTheme = user.Settings.PreferredTheme,
        Group = GroupResponse.Own(group, site),
        Pined = user.Settings.Pinned.Count == 0 ? null : [.. user.Settings.Pinned.Select(pin => PinResponse.Of(pin))],
        Language = user.Settings.Language,
        DisableViewSync = user.Settings.DisableViewSync,
    };

    /// <summary>An account as others see it.</summary>
    /// <param name="showEmail">True if the viewer may see the mail address.</param>
    private static UserResponse Redacted(User user, Group group, SiteSettings site, bool showEmail) =>
        new(site.HashIds.Encode(user.Id, HashIdKind.User), user.Nick, user.CreatedAt)
        {
            Email = showEmail ? user.Email : null,
            Avatar = user.Avatar.Length == 0 ? null : user.Avatar,
            Group = GroupResponse.Redacted(group, site),
            ShareLinksInProfile = user.Settings.ShareLinksInProfile,
        };

    /// <summary>An account as the caller sees it.</summary>
    public static UserResponse Seen(User user, Group group, ApiCall call) => Redacted(user, group, call.Site, ShowsEmail(user, call));

    /// <summary>
    /// Checks whether a caller sees an account's mail address: anonymous callers never do, others only where the site shows addresses, and an
    /// OAuth client only with a scope for it.
    /// </summary>
    private static bool ShowsEmail(User user, ApiCall call) =>
        call.Caller.User is { } viewer && (viewer.Id == user.Id
            ? call.Caller.Holds(OAuthScopes.Email) || call.Caller.Holds(OAuthScopes.UserInfoRead)
            : call.Caller.ActsAsAdmin || (call.Caller.Holds(OAuthScopes.UserInfoRead) && call.Site.Get(AccountSetting.ExposeEmail)));

    /// <summary>The caller as it sees itself.</summary>
    public static UserResponse Of(ApiCall call) => call.Caller.User is { } user
        ? Own(user, call.Caller.Group, call.Site)
        : new UserResponse(call.Site.HashIds.Encode(0, HashIdKind.User), "", default)
        {
            Anonymous = true,
            Group = GroupResponse.Own(call.Caller.Group, call.Site),
        };

    private static string StatusOf(User user) => user.Status switch
    {
        UserStatus.Active => "active",
        UserStatus.Inactive => "inactive",
        UserStatus.ManualBanned => "manual_banned",
        _ => "sys_banned",
    };
}
