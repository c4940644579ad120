using System.Security.Cryptography;
using System.Text;
using Cloudreve.Core.Caching;
using Cloudreve.Core.Identity.SignIns;

namespace Cloudreve.Core.Shares;

/// <summary>
/// Compares passwords of links, and limits guessing: after <see cref="MaxFailures"/> wrong ones from an address none is right from there for
/// a while. Each process counts for itself, which costs no storage; a drawn password has more than 10^12 forms.
/// </summary>
/// <param name="clock">Ends the while.</param>
public sealed class ShareGuesses(TimeProvider clock)
{
    /// <summary>How many wrong passwords are looked at.</summary>
    public const int MaxFailures = 10;

    /// <summary>How long after the last wrong one none is looked at.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private const int MaxKept = 100_000;

    private readonly BoundedCache<(long ShareId, string Client), int> _failures = new(MaxKept, clock);

    /// <summary>Whether a password opens a link.</summary>
    /// <param name="share">The link.</param>
    /// <param name="client">Where the guess comes from.</param>
    /// <param name="password">The guess; empty for none, which is not counted.</param>
    internal bool IsRight(Share share, ClientAddress client, string password)
    {
        if (share.Password.Length == 0)
            return true;
        var key = (share.Id, client.Key);
        var failures = _failures.Find(key);
        if (password.Length == 0 || failures >= MaxFailures)
            return false;
        if (CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(share.Password), Encoding.UTF8.GetBytes(password)))
            return true;
        _failures.Keep(key, failures + 1, clock.GetUtcNow() + Window);
        return false;
    }
}
