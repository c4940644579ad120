using Cloudreve.Core.Infrastructure.Caching;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Text;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Finds users by parts of names and mail addresses. The names of all active accounts are kept for <see cref="MaxAge"/>: a table has no
/// index of parts of texts.
/// </summary>
public sealed class UserDirectory
{
    /// <summary>Maximum number of hits of a search.</summary>
    public const int MaxHits = 10;

    /// <summary>The maximum age of the cached names.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    // Only names: whether an account is active is looked up again. The table may be large.
    private static readonly AgeLimits Limits = new(MaxAge, TimeSpan.FromMinutes(10)) { ReadTimeout = TimeSpan.FromMinutes(1) };

    private readonly StorageLayout _layout;
    private readonly UserStore _users;
    private readonly AgedValue<IReadOnlyList<Entry>> _entries;

    /// <summary>Creates the directory; reads nothing yet.</summary>
    /// <param name="clock">Determines the age of what was read.</param>
    public UserDirectory(StorageLayout layout, UserStore users, TimeProvider clock)
    {
        _layout = layout;
        _users = users;
        _entries = new AgedValue<IReadOnlyList<Entry>>(ReadAsync, Limits, clock);
    }

    /// <summary>
    /// Active users whose name or mail address holds a text, without regard to case, in the order of their accounts. Ten transactions at
    /// most, and one for each 1,000 rows of the table when the names are too old.
    /// </summary>
    /// <param name="keyword">The text.</param>
    /// <param name="searchesEmail">True if parts of mail addresses count; otherwise only whole ones do.</param>
    public async Task<IReadOnlyList<User>> SearchAsync(string keyword, bool searchesEmail, CancellationToken cancellationToken = default)
    {
        var text = CanonicalText.Of(keyword);
        var hits = (await _entries.GetAsync(cancellationToken)).Where(entry => Matches(entry, text, searchesEmail)).Take(MaxHits);
        var users = await Task.WhenAll(hits.Select(async hit => await _users.FindRecentAsync(hit.Id, cancellationToken)));
        return [.. users.OfType<User>().Where(user => user.Status == UserStatus.Active)];
    }

    private static bool Matches(Entry entry, string keyword, bool searchesEmail) =>
        entry.Nick.Contains(keyword, StringComparison.OrdinalIgnoreCase)
        || (searchesEmail && entry.Email.Contains(keyword, StringComparison.OrdinalIgnoreCase))
        || entry.Email.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    private async Task<IReadOnlyList<Entry>> ReadAsync(CancellationToken cancellationToken)
    {
        var entries = new List<Entry>();
        await foreach (var row in _layout.Users.ScanAsync($"RowKey eq '{UserRows.Account}'", cancellationToken))
        {
            var user = UserRows.Read(row);
            if (user.Status == UserStatus.Active)
                entries.Add(new Entry(user.Id, user.Email, CanonicalText.Of(user.Nick)));
        }
        return [.. entries.OrderBy(entry => entry.Id)];
    }

    private sealed record Entry(long Id, string Email, string Nick);
}
