using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Accounts in order of id, with the columns that lists are filtered and sorted by: a row for each beside the accounts, partitioned by blocks
/// of ids. It is written before the account, so a crash leaves a superfluous row; listing accounts compares both and repairs it.
/// </summary>
internal sealed class UserIndex(StorageLayout layout)
{
    /// <summary>Prefix of the partitions' names.</summary>
    public const string Prefix = "i";

    /// <summary>The property with the state of an account.</summary>
    public const string Status = "status";

    /// <summary>The property with the group of an account.</summary>
    public const string Group = "group";

    /// <summary>The property with the time at which an account was made.</summary>
    public const string Created = "c";

    private const string Mail = "mail";
    private const string Nick = "nick";

    /// <summary>The index entry of an account.</summary>
    public sealed record Entry(long Id, string Email, string Nick, UserStatus Status, int GroupId);

    /// <summary>Checks whether a change of an account affects the index.</summary>
    public static bool Differs(User before, User after) => (after.IsLeaving && !before.IsLeaving) || EntryOf(before) != EntryOf(after);

    /// <summary>The index entry that an account should have.</summary>
    public static Entry EntryOf(User user) => new(user.Id, user.Email, user.Nick, user.Status, user.GroupId);

    /// <summary>Reads an index entry from a row.</summary>
    public static Entry Read(Row row) => new(
        FileKeys.ParseId(row.RowKey), row.RequiredText(Mail), row.RequiredText(Nick), (UserStatus)row.RequiredNumber(Status), (int)row.RequiredNumber(Group));

    /// <summary>The row of an account.</summary>
    public static Row Describe(User user) => new(PartitionOf(user.Id), FileKeys.Id(user.Id))
    {
        [Mail] = user.Email,
        [Nick] = user.Nick,
        [Status] = (int)user.Status,
        [Group] = user.GroupId,
        [Created] = user.CreatedAt,
    };

    /// <summary>Brings the index row of an account up to date; an account that is being removed is not listed. One transaction.</summary>
    public Task WriteAsync(User user, CancellationToken cancellationToken) => user.IsLeaving
        ? DeleteAsync(user.Id, cancellationToken)
        : layout.Users.UpsertAsync(Describe(user), cancellationToken);

    /// <summary>Removes an account's row. One transaction. Harmless to repeat.</summary>
    public Task DeleteAsync(long id, CancellationToken cancellationToken) =>
        layout.Users.DeleteAsync(PartitionOf(id), FileKeys.Id(id), cancellationToken: cancellationToken);

    private static string PartitionOf(long id) => Prefix + FileKeys.IdBlock(id);
}
