using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Avatars;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Users.Avatars;

/// <summary>Pictures of users (contract, section 5).</summary>
internal sealed class AvatarFunctions(UserStore users, AvatarStore avatars)
{
    // A page of users requests each; and a new picture is soon visible to everybody.
    private static readonly TimeSpan s_absentMaxAge = TimeSpan.FromMinutes(5);

    /// <summary>Returns a user's picture, or redirects to the picture server.</summary>
    [Function("GetProfilePicture")]
    [Requires(AuthClass.None)]
    [QueryParameter<bool>("nocache")]
    [Answers("image/png")]
    [Answers(StatusCodes.Status302Found)]
    public async Task<IResult> GetAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/v4/user/avatar/{userId}")] HttpRequest request,
        string userId, ApiCall call, CancellationToken cancellationToken)
    {
        var maxAge = call.Site.Get(AccountSetting.PublicMaxAge);
        var user = call.Site.HashIds.TryDecode(userId, HashIdKind.User, out var id) ? await users.FindRecentAsync(id, cancellationToken) : null;
        if (user is { Avatar: AvatarStore.FromGravatar })
        {
            SetCache(request, maxAge);
            return Results.Redirect(GravatarOf(call.Site, user));
        }
        if (user is not { Avatar: AvatarStore.FromFile } || await avatars.FindAsync(call.Site, user.Id, cancellationToken) is not { } picture)
        {
            SetCache(request, maxAge < s_absentMaxAge ? maxAge : s_absentMaxAge);
            return Results.NotFound();
        }
        SetCache(request, maxAge);
        return Results.Bytes(picture, "image/png");
    }

    /// <summary>Replaces the caller's picture; an empty body chooses the one of the picture server.</summary>
    [Function("UpdateProfilePicture")]
    [Requires(AuthClass.Required, OAuthScopes.UserInfoWrite)]
    [BodyLimit(BodyLimitAttribute.Content)]
    [Consumes("application/octet-stream")]
    public async Task<IResult> UpdateAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "api/v4/user/setting/avatar")] HttpRequest request,
        ApiCall call, CancellationToken cancellationToken)
    {
        var userId = call.Caller.RequireUser().Id;
        // The maximum size is a setting, so it is checked here, and the body's limit is that of any content.
        if (request.ContentLength is not { } length || length > call.Site.Get(AccountSetting.AvatarMaxSize))
            throw new CloudreveException(ErrorCode.FileTooLarge, "The picture is too large, or its size is unknown.");
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
            throw new CloudreveException(ErrorCode.BadParameter, "The picture is shorter than its Content-Length.");
        }
        return picture;
    }

    private static void SetCache(HttpRequest request, TimeSpan maxAge)
    {
        if (request.OptionalText("nocache") is "1" or "true" or "True")
            return;
        request.HttpContext.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={(long)maxAge.TotalSeconds}");
    }

    [SuppressMessage("Security", "CA5351", Justification = "The picture server knows addresses by their MD5; nothing is protected by it.")]
    private static string GravatarOf(SiteSettings site, User user)
    {
        var hash = Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(user.Email)));
        return $"{site.Get(AccountSetting.GravatarServer).TrimEnd('/')}/avatar/{hash}?d=mm&s=200";
    }
}
