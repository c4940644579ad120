using System.Security.Cryptography;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Sharing;

/// <summary>An owner's settings for a link.</summary>
/// <param name="ExpiresIn">The time until it expires; null for never.</param>
/// <param name="Downloads">Maximum number of downloads; null for no limit.</param>
/// <param name="SharesView">True if others see the folder as its owner arranged it.</param>
/// <param name="ShowsReadme">True if clients show the folder's README.</param>
public sealed record ShareTerms(TimeSpan? ExpiresIn, long? Downloads, bool SharesView, bool ShowsReadme);

/// <summary>Creates and changes links (contract, section 17).</summary>
/// <param name="places">The known places.</param>
/// <param name="ids">Gives ids to new ones.</param>
/// <param name="clock">Stamps them.</param>
public sealed class ShareLinks(ShareStore shares, SharedPlaces places, IdAllocator ids, TimeProvider clock)
{
    /// <summary>The longest password that an owner may choose, in characters.</summary>
    public const int MaxPassword = 32;

    private const string Letters = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int DrawnLength = 8;

    /// <summary>A password for a link whose owner has chosen none.</summary>
    public static string DrawPassword() => RandomNumberGenerator.GetString(Letters, DrawnLength);

    /// <summary>Creates a link. Two transactions.</summary>
    /// <param name="file">The shared file or folder.</param>
    /// <param name="password">The password; empty for none.</param>
    /// <param name="terms">The expiry and the other terms.</param>
    public async Task<Share> CreateAsync(FileRecord file, string password, ShareTerms terms, CancellationToken cancellationToken = default)
    {
        var share = Apply(terms, new Share
        {
            Id = await ids.NextAsync(IdKind.Share, cancellationToken),
            OwnerId = file.OwnerId,
            FileId = file.Id,
            Password = password,
            CreatedAt = clock.GetUtcNow(),
        });
        await shares.SaveAsync(share, cancellationToken);
        return share;
    }

    /// <summary>Changes a link; its counts and password stay. Two transactions.</summary>
    /// <param name="terms">The new expiry and the other terms.</param>
    /// <exception cref="CloudreveException">404: the link is gone.</exception>
    public async Task<Share> ChangeAsync(Share share, ShareTerms terms, CancellationToken cancellationToken = default)
    {
        var changed = await shares.ChangeAsync(share, current => Apply(terms, current), cancellationToken);
        places.Forget(share.Id);
        return changed;
    }

    /// <summary>Deletes a link. Two transactions; harmless to repeat.</summary>
    public async Task DeleteAsync(Share share, CancellationToken cancellationToken = default)
    {
        await shares.DeleteAsync(share, cancellationToken);
        places.Forget(share.Id);
    }

    private Share Apply(ShareTerms terms, Share share) => share with
    {
        ExpiresAt = clock.GetUtcNow() + terms.ExpiresIn,
        RemainingDownloads = terms.Downloads,
        SharesView = terms.SharesView,
        ShowsReadme = terms.ShowsReadme,
    };
}
