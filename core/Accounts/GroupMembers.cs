using System.Globalization;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts;

/// <summary>
/// Membership of groups. No count is kept, since every new account would pay for it, so the service scans the whole table of accounts: a
/// transaction for each 1,000 members that are found, and one for each part of the table that it scans without finding that many. For
/// administrators only.
/// </summary>
public sealed class GroupMembers(StorageLayout layout)
{
    /// <summary>Counts the members of a group.</summary>
    public ValueTask<int> CountAsync(int groupId, CancellationToken cancellationToken = default) =>
        layout.Users.ScanAsync(ConditionOf(groupId), cancellationToken).CountAsync(cancellationToken);

    /// <summary>Checks whether a group has any members. One transaction when the first part of the table has one.</summary>
    public ValueTask<bool> ExistAsync(int groupId, CancellationToken cancellationToken = default) =>
        layout.Users.ScanAsync(ConditionOf(groupId), cancellationToken).AnyAsync(cancellationToken);

    private static string ConditionOf(int groupId) => string.Create(CultureInfo.InvariantCulture, $"RowKey eq '{UserRows.Account}' and {UserRows.Columns.GroupId} eq {groupId}");
}
