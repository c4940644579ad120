using Cloudreve.Core.Accounts;

namespace Cloudreve.Functions.Api.Admin.Users;

/// <summary>The account to which an object belongs.</summary>
internal sealed record AdminUserName(long Id, string Email, string Nick, DateTimeOffset CreatedAt)
{
    private const int Readers = 16;

    /// <summary>Describes accounts by id; those that are gone are left out. No transaction for those that were read recently.</summary>
    public static async Task<IReadOnlyDictionary<long, AdminUserName>> FindAsync(UserStore users, IEnumerable<long> ids, CancellationToken cancellationToken)
    {
        var found = new List<User?>();
        foreach (var chunk in ids.Distinct().Chunk(Readers))
            found.AddRange(await Task.WhenAll(chunk.Select(async id => await users.FindRecentAsync(id, cancellationToken))));
        return found.OfType<User>().ToDictionary(user => user.Id, user => new AdminUserName(user.Id, user.Email, user.Nick, user.CreatedAt));
    }
}
