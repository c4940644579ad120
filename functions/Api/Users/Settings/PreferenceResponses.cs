using System.Text.Json.Serialization;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.LoginActivities;
using Cloudreve.Core.Identity.OAuth;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Session.Passkeys;

namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>A sign-in, or a try.</summary>
internal sealed record LoginActivityResponse(
    DateTimeOffset CreatedAt, string Ip, string Browser, string Device, string Os, string LoginWith, int OpenIdProvider, bool Success, bool Webdav)
{
    /// <summary>Describes a sign-in.</summary>
    /// <param name="activity">The sign-in.</param>
    public static LoginActivityResponse Of(LoginActivity activity) => new(
        activity.At, activity.Ip, activity.Browser, activity.Device, activity.Os, NameOf(activity.Method), activity.OpenIdProvider, activity.Success,
        activity.WebDav);

    private static string NameOf(LoginMethod method) => method switch
    {
        LoginMethod.Passkey => "passkey",
        LoginMethod.OpenId => "openid",
        _ => "",
    };
}

/// <summary>What an application was granted.</summary>
/// <param name="ClientId">The application.</param>
/// <param name="ClientName">Its name.</param>
/// <param name="ClientLogo">The address of its picture.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="LastUsedAt">When it last got tokens.</param>
internal sealed record OAuthGrantResponse(string ClientId, string ClientName, string? ClientLogo, IReadOnlyList<string> Scopes, DateTimeOffset? LastUsedAt)
{
    /// <summary>Describes a grant.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="client">The application; null when it exists no more.</param>
    public static OAuthGrantResponse Of(OAuthGrant grant, OAuthClient? client) =>
        new(grant.ClientId.ToString("D"), client?.Name ?? "", client?.Icon is { Length: > 0 } icon ? icon : null, grant.Scopes, grant.LastUsedAt);
}

/// <summary>Storage that a user bought.</summary>
/// <param name="Name">Product.</param>
/// <param name="ActiveSince">Since when it counts.</param>
/// <param name="ExpireAt">Until when.</param>
/// <param name="Size">Bytes.</param>
internal sealed record StoragePackResponse(string Name, DateTimeOffset ActiveSince, DateTimeOffset ExpireAt, long Size);

/// <summary>An identity provider that the user may sign in with.</summary>
/// <param name="Provider">The provider's number.</param>
/// <param name="LinkedAt">Since when.</param>
internal sealed record OpenIdLinkResponse(int Provider, DateTimeOffset LinkedAt);

/// <summary>What a user has set (contract, section 6).</summary>
internal sealed record PreferencesResponse(bool VersionRetentionEnabled, bool Passwordless, bool TwoFaEnabled, bool DisableViewSync)
{
    /// <summary>Extensions of which versions are kept; left out for all.</summary>
    public IReadOnlyList<string>? VersionRetentionExt { get; init; }

    /// <summary>How many versions are kept; 0 for no limit.</summary>
    public int? VersionRetentionMax { get; init; }

    /// <summary>Identity providers that the user may sign in with.</summary>
    public IReadOnlyList<OpenIdLinkResponse>? OpenId { get; init; }

    /// <summary>Passkeys.</summary>
    public IReadOnlyList<PasskeyResponse>? Passkeys { get; init; }

    /// <summary>The newest sign-ins.</summary>
    public IReadOnlyList<LoginActivityResponse>? LoginActivity { get; init; }

    /// <summary>Which share links the profile shows.</summary>
    public string? ShareLinksInProfile { get; init; }

    /// <summary>What applications were granted.</summary>
    public IReadOnlyList<OAuthGrantResponse>? OauthGrants { get; init; }

    /// <summary>Storage that was bought.</summary>
    public IReadOnlyList<StoragePackResponse> StoragePacks { get; init; } = [];

    /// <summary>Points.</summary>
    public long Credit { get; init; }

    /// <summary>Describes an account, without what is stored elsewhere.</summary>
    /// <param name="user">The account.</param>
    public static PreferencesResponse Of(User user) =>
        new(user.Settings.VersionRetentionEnabled, user.PasswordHash is null, user.HasTwoFactor, user.Settings.DisableViewSync)
        {
            VersionRetentionExt = user.Settings.VersionRetentionExt,
            VersionRetentionMax = user.Settings.VersionRetentionMax,
            ShareLinksInProfile = user.Settings.ShareLinksInProfile,
        };
}

/// <summary>The body of a change; what is left out, or null, stays as it is.</summary>
internal sealed record PatchPreferencesRequest
{
    /// <summary>What others see.</summary>
    public string? Nick { get; init; }

    /// <summary>Whether a paid membership of a group ends now.</summary>
    public bool? GroupExpires { get; init; }

    /// <summary>Locale code.</summary>
    public string? Language { get; init; }

    /// <summary>A CSS colour.</summary>
    public string? PreferredTheme { get; init; }

    /// <summary>Whether replaced contents are kept.</summary>
    public bool? VersionRetentionEnabled { get; init; }

    /// <summary>Extensions of which versions are kept.</summary>
    public IReadOnlyList<string>? VersionRetentionExt { get; init; }

    /// <summary>How many versions are kept.</summary>
    public int? VersionRetentionMax { get; init; }

    /// <summary>The password until now.</summary>
    public string? CurrentPassword { get; init; }

    /// <summary>The password from now on.</summary>
    public string? NewPassword { get; init; }

    /// <summary>Whether there is a second factor.</summary>
    public bool? TwoFaEnabled { get; init; }

    /// <summary>A code of the authenticator app.</summary>
    public string? TwoFaCode { get; init; }

    /// <summary>Whether views of folders stay on the client.</summary>
    public bool? DisableViewSync { get; init; }

    /// <summary>Which share links the profile shows.</summary>
    public string? ShareLinksInProfile { get; init; }
}

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<PreferencesResponse>))]
[JsonSerializable(typeof(PatchPreferencesRequest))]
internal sealed partial class PreferenceJsonContext : JsonSerializerContext;
