using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Errors;
using Cloudreve.Core.HashIds;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.Avatars;
using Cloudreve.Core.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.Avatars;

/// <summary>Pictures of users (contract, section 5).</summary>
internal static class AvatarEndpoints
{
    // The platform's own limit: the setting is checked in the handler.
    private const long MaxBody = 100L * 1024 * 1024;

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapAvatarEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/user/avatar/{userId}", GetAsync).WithName("GetProfilePicture").Auth(AuthClass.None);
        api.MapPut("/user/setting/avatar", UpdateAsync).WithName("UpdateProfilePicture").Auth(AuthClass.Required, OAuthScopes.UserInfoWrite)
            .WithMetadata(new BodyLimit(MaxBody));
    }

    private static async Task<IResult> GetAsync(
        string userId, string? nocache, ApiCall call, HttpContext http, UserStore users, AvatarStore avatars, CancellationToken cancellationToken)
    {
        if (!call.Site.HashIds.TryDecode(userId, HashIdKind.User, out var id) || await users.FindRecentAsync(id, cancellationToken) is not { } user)
            return Results.NotFound();
        if (user.Avatar == AvatarStore.FromGravatar)
        {
            SetCache(http, call.Site, nocache);
            return Results.Redirect(GravatarOf(call.Site, user));
        }
        if (user.Avatar != AvatarStore.FromFile || await avatars.FindAsync(call.Site, user.Id, cancellationToken) is not { } picture)
            return Results.NotFound();
        SetCache(http, call.Site, nocache);
        return Results.Bytes(picture, "image/png");
    }

    private static async Task<ApiResponse<string>> UpdateAsync(ApiCall call, HttpContext http, AvatarStore avatars, CancellationToken cancellationToken)
    {
        var userId = call.Caller.RequireUser().Id;
        if (http.Request.ContentLength is not { } length || length > call.Site.Get(AccountSetting.AvatarMaxSize))
            throw new CloudreveException(ErrorCode.FileTooLarge, "The picture is too large, or its length is not known.");
        if (length == 0)
        {
            await avatars.UseGravatarAsync(userId, cancellationToken);
            return ApiResponse.Ok();
        }
        var picture = new byte[length];
        try
        {
            await http.Request.Body.ReadExactlyAsync(picture, cancellationToken);
        }
        catch (EndOfStreamException)
        {
            throw new CloudreveException(ErrorCode.BadParameter, "The picture is shorter than announced.");
        }
        await avatars.SaveAsync(call.Site, userId, picture, cancellationToken);
        return ApiResponse.Ok();
    }

    private static void SetCache(HttpContext http, SiteSettings site, string? nocache)
    {
        if (nocache is "1" or "true" or "True")
            return;
        var seconds = (long)site.Get(AccountSetting.PublicMaxAge).TotalSeconds;
        http.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={seconds}");
    }

    [SuppressMessage("Security", "CA5351", Justification = "The picture server knows addresses by their MD5; nothing is protected by it.")]
    private static string GravatarOf(SiteSettings site, User user)
    {
        var hash = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(user.Email)));
        return $"{site.Get(AccountSetting.GravatarServer).TrimEnd('/')}/avatar/{hash}?d=mm&s=200";
    }
}
