using System.Globalization;
using Cloudreve.Core.Content.Media;
using Cloudreve.Core.Content.Thumbnails;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;
using ImageMagick;

namespace Cloudreve.Core.Accounts.Avatars;

/// <summary>The pictures of users: one blob each, a square PNG (contract, section 5).</summary>
/// <param name="users">The accounts, which say where a picture comes from.</param>
public sealed class AvatarStore(StorageLayout layout, UserStore users)
{
    /// <summary>The source of a picture that was uploaded.</summary>
    public const string FromFile = "file";

    /// <summary>The source of a picture that belongs to the mail address.</summary>
    public const string FromGravatar = "gravatar";

    private const int MaxSide = 1024;

    /// <summary>Crops a picture to a square, scales it and stores it. One blob and two table transactions.</summary>
    /// <param name="picture">A JPEG, PNG or GIF.</param>
    /// <exception cref="CloudreveException">40001: it is not a picture.</exception>
    public async Task SaveAsync(SiteSettings site, long userId, ReadOnlyMemory<byte> picture, CancellationToken cancellationToken = default)
    {
        if (PictureFormats.Recognize(picture.Span) is not (MagickFormat.Jpeg or MagickFormat.Png or MagickFormat.Gif))
            throw NoPicture();
        var side = (int)Math.Min(site.Get(AccountSetting.AvatarSide), MaxSide);
        var scaled = await ScaleAsync(picture, new ThumbnailFormat(side, side, MagickFormat.Png, Quality: 95) { IsCut = true }, cancellationToken);
        await layout.Container(layout.AvatarsContainerName).WriteAsync(NameOf(site, userId), new BinaryData(scaled), cancellationToken: cancellationToken);
        await SetSourceAsync(userId, FromFile, cancellationToken);
    }

    /// <summary>Switches to the picture that belongs to the mail address. Two transactions.</summary>
    public Task UseGravatarAsync(long userId, CancellationToken cancellationToken = default) => SetSourceAsync(userId, FromGravatar, cancellationToken);

    /// <summary>A picture that was uploaded, as PNG; null when there is none. One transaction.</summary>
    public Task<byte[]?> FindAsync(SiteSettings site, long userId, CancellationToken cancellationToken = default) =>
        layout.Container(layout.AvatarsContainerName).ReadAsync(NameOf(site, userId), cancellationToken);

    /// <summary>Removes a picture that was uploaded. One transaction. Harmless to repeat.</summary>
    internal Task<bool> DeleteAsync(SiteSettings site, long userId, CancellationToken cancellationToken) =>
        layout.Container(layout.AvatarsContainerName).DeleteAsync(NameOf(site, userId), cancellationToken);

    private static string NameOf(SiteSettings site, long userId) =>
        string.Create(CultureInfo.InvariantCulture, $"{site.Get(AccountSetting.AvatarPath).Trim('/')}/{userId}.png");

    private static async Task<byte[]> ScaleAsync(ReadOnlyMemory<byte> picture, ThumbnailFormat format, CancellationToken cancellationToken)
    {
        try
        {
            return (await PictureScaler.ScaleAsync(picture, format, cancellationToken)).Content;
        }
        catch (MediaException)
        {
            throw NoPicture();
        }
    }

    private static CloudreveException NoPicture() => new(ErrorCode.BadParameter, "The picture must be a valid JPEG, PNG or GIF.");

    private Task<User> SetSourceAsync(long userId, string source, CancellationToken cancellationToken) =>
        users.UpdateAsync(userId, user => user.Avatar == source ? user : user with { Avatar = source }, cancellationToken);
}
