using System.Text.Json.Serialization;

namespace Cloudreve.Core.Accounts;

/// <summary>The state of an account.</summary>
public enum UserStatus
{
    /// <summary>May sign in.</summary>
    Active,

    /// <summary>The mail address is not confirmed yet.</summary>
    Inactive,

    /// <summary>Banned by an administrator.</summary>
    ManualBanned,

    /// <summary>Banned by the site.</summary>
    SysBanned,
}

/// <summary>A place that a user pinned to the sidebar.</summary>
/// <param name="Uri">A file URI.</param>
/// <param name="Name">The user's own label; null for none.</param>
public sealed record PinnedPlace(string Uri, string? Name = null);

/// <summary>The settings that users may change on their accounts.</summary>
public sealed record UserSettings
{
    /// <summary>Maximum number of pinned places.</summary>
    public const int MaxPins = 200;

    /// <summary>Maximum number of characters in the URIs and names of all pins; they are stored with the account, in one row.</summary>
    public const int MaxPinCharacters = 60_000;

    /// <summary>True if replaced contents are kept as versions.</summary>
    public bool VersionRetentionEnabled { get; init; }

    /// <summary>Extensions of which versions are kept; null for all.</summary>
    public IReadOnlyList<string>? VersionRetentionExt { get; init; }

    /// <summary>Number of versions that are kept; 0 for no limit.</summary>
    public int VersionRetentionMax { get; init; }

    /// <summary>A colour; null for the site's theme.</summary>
    public string? PreferredTheme { get; init; }

    /// <summary>A locale code; null when the user never chose one.</summary>
    public string? Language { get; init; }

    /// <summary>True if folder views are kept on the client only.</summary>
    public bool DisableViewSync { get; init; }

    /// <summary>The share links that the profile shows: empty for public ones, <c>all_share</c> or <c>hide_share</c>.</summary>
    public string ShareLinksInProfile { get; init; } = "";

    /// <summary>Views of file systems whose roots are not folders, such as the trash: name to view, as JSON.</summary>
    public IReadOnlyDictionary<string, string>? FileSystemViews { get; init; }

    /// <summary>Places pinned to the sidebar.</summary>
    public IReadOnlyList<PinnedPlace> Pinned { get; init; } = [];
}

/// <summary>An account.</summary>
public sealed record User
{
    /// <summary>The first account: an administrator that cannot be removed.</summary>
    public const long FirstId = 1;

    /// <summary>The account's id; also the id of its root folder.</summary>
    public required long Id { get; init; }

    /// <summary>The mail address in lower case; unique.</summary>
    public required string Email { get; init; }

    /// <summary>True if the user has proven, to this site or to an identity provider, that they receive mail at the address.</summary>
    public bool IsEmailVerified { get; init; }

    /// <summary>The display name.</summary>
    public required string Nick { get; init; }

    /// <summary>The state of the account.</summary>
    public UserStatus Status { get; init; }

    /// <summary>The group.</summary>
    public required int GroupId { get; init; }

    /// <summary>The hashed password with its parameters; null when there is none.</summary>
    public string? PasswordHash { get; init; }

    /// <summary>The encrypted secret of the user's authenticator app; null when there is no second factor.</summary>
    public string? TwoFactorSecret { get; init; }

    /// <summary>The step of the last code of the authenticator app that was used; codes up to it cannot be reused.</summary>
    public long TwoFactorStep { get; init; }

    /// <summary>The source of the picture: empty, <c>file</c> or <c>gravatar</c>.</summary>
    public string Avatar { get; init; } = "";

    /// <summary>The time the account was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time the account was last written; the time of its creation for one that was not read.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The user's settings.</summary>
    public UserSettings Settings { get; init; } = new();

    /// <summary>True if the account and everything in it is being removed.</summary>
    public bool IsLeaving { get; init; }

    /// <summary>The version of the row; empty for an account that was not read.</summary>
    public string ETag { get; init; } = "";

    /// <summary>True if signing in requires a code of an authenticator app.</summary>
    public bool HasTwoFactor => TwoFactorSecret is not null;

    /// <summary>True if the account was banned, whether by an administrator or by the system.</summary>
    public bool IsBanned => Status is UserStatus.ManualBanned or UserStatus.SysBanned;
}

/// <summary>JSON inside rows of users.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(UserSettings))]
internal sealed partial class UserJson : JsonSerializerContext;
