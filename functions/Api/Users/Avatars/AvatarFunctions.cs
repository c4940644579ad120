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
internal sealed class AvatarFunctions(UserStore users, AvatarStore avatars)
{
    /// <summary>Answers a user's picture, or redirects to the picture server.</summary>
    [Function("GetProfilePicture")]
    [Requires(AuthClass.None)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/avatar/{userId}")] HttpRequest request,
        string userId, ApiCall call, CancellationToken cancellationToken)
    {
        if (!call.Site.HashIds.TryDecode(userId, HashIdKind.User, out var id) || await users.FindRecentAsync(id, cancellationToken) is not { } user)
            return Results.NotFound();
        if (user.Avatar == AvatarStore.FromGravatar)
        {
            SetCache(request, call.Site);
            return Results.Redirect(GravatarOf(call.Site, user));
        }
        if (user.Avatar != AvatarStore.FromFile || await avatars.FindAsync(call.Site, user.Id, cancellationToken) is not { } picture)
            return Results.NotFound();
        SetCache(request, call.Site);
        return Results.Bytes(picture, "image/png");
    }

    /// <summary>Replaces the caller's picture; an empty body chooses the one of the picture server.</summary>
    [Function("UpdateProfilePicture")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoWrite)]
    [BodyLimit(BodyLimitAttribute.Content)]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/user/setting/avatar")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        var userId = call.Caller.RequireUser().Id;
        // The largest picture is a setting, so it is checked here, and the body's limit is that of any content.
        if (request.ContentLength is not { } length || length > call.Site.Get(AccountSetting.AvatarMaxSize))
            throw new CloudreveException(ErrorCode.FileTooLarge, "The picture is too large, or its length is not known.");
        if (length == 0)
        {
            await avatars.UseGravatarAsync(userId, cancellationToken);
            return ApiResponse.Ok();
        }
        await avatars.SaveAsync(call.Site, userId, await ReadAsync(request, length, cancellationToken), cancellationToken);
        return ApiResponse.Ok();
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request, long length, CancellationToken cancellationToken)
    {
        var picture = new byte[length];
        try
        {
            await request.Body.ReadExactlyAsync(picture, cancellationToken);
        }
        catch (EndOfStreamException)
        {
            throw new CloudreveException(ErrorCode.BadParameter, "The picture is shorter than announced.");
        }
        return picture;
    }

    private static void SetCache(HttpRequest request, SiteSettings site)
    {
        if (request.OptionalText("nocache") is "1" or "true" or "True")
            return;
        var seconds = (long)site.Get(AccountSetting.PublicMaxAge).TotalSeconds;
        request.HttpContext.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={seconds}");
    }

    [SuppressMessage("Security", "CA5351", Justification = "The picture server knows addresses by their MD5; nothing is protected by it.")]
    private static string GravatarOf(SiteSettings site, User user)
    {
        var hash = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(user.Email)));
        return $"{site.Get(AccountSetting.GravatarServer).TrimEnd('/')}/avatar/{hash}?d=mm&s=200";
    }
}
