using Cloudreve.Core.Accounts.LoginActivities;

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
