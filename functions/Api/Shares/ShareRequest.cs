using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Sharing;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Shares;

/// <summary>The body of a new link, and of a change of one.</summary>
/// <param name="Uri">The file or folder.</param>
internal sealed record ShareRequest([property: LongestUri] string Uri)
{
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(36_500);

    /// <summary>True if the link gets a password. New links only.</summary>
    public bool? IsPrivate { get; init; }

    /// <summary>The password; null or empty to generate one. New links only.</summary>
    public string? Password { get; init; }

    /// <summary>Seconds until it expires; null or 0 for never.</summary>
    public long? Expire { get; init; }

    /// <summary>Maximum number of downloads; null or 0 for any number.</summary>
    public long? Downloads { get; init; }

    /// <summary>True if others see the folder as its owner arranged it.</summary>
    public bool? ShareView { get; init; }

    /// <summary>True if clients show the folder's README.</summary>
    public bool? ShowReadme { get; init; }

    /// <summary>Reads the expiry of the link and its other terms.</summary>
    /// <exception cref="CloudreveException">40001: it would expire in the past, or too late.</exception>
    public ShareTerms ReadTerms()
    {
        if (Expire is < 0 || Expire > LongestLife.TotalSeconds || Downloads is < 0)
            throw new CloudreveException(ErrorCode.BadParameter, "The expiry must be at most 100 years, and neither it nor the download limit can be negative.");
        return new ShareTerms(
            Expire is null or 0 ? null : TimeSpan.FromSeconds(Expire.Value), Downloads is null or 0 ? null : Downloads, ShareView == true, ShowReadme == true);
    }

    /// <summary>Reads the password of a new link, or generates one; empty for none.</summary>
    /// <exception cref="CloudreveException">40001: it is too long, or does not consist of letters and digits.</exception>
    public string ReadPassword()
    {
        if (IsPrivate != true)
            return "";
        if (string.IsNullOrEmpty(Password))
            return ShareLinks.DrawPassword();
        return Password.Length <= ShareLinks.MaxPassword && Password.All(char.IsAsciiLetterOrDigit)
            ? Password
            : throw new CloudreveException(ErrorCode.BadParameter, "The password must consist of at most 32 letters and digits.");
    }
}
