using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Identity;

/// <summary>
/// Accounts as rows: a partition for each user with the account's row, and a partition for each mail address with the id of the
/// account that owns it and the failed sign-ins.
/// </summary>
internal static class UserRows
{
    /// <summary>What the keys start with that a sign-in reads.</summary>
    public const string SignInPrefix = "!";

    public const string Account = "!user";
    public const string FailedSignIns = "!attempts";
    public const string FailedCodes = "!codes";
    public const string Mail = "!mail";
    public const string OwnerId = "user";

    public static string Partition(long userId) => "u" + userId.ToString("x", CultureInfo.InvariantCulture);

    // Mail addresses may hold characters that keys may not.
    public static string MailPartition(string mail) => "m" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mail)));

    public static Row DescribeMail(string mail, long userId) => new(MailPartition(mail), Mail) { ["mail"] = mail, [OwnerId] = userId };

    public static Row Describe(User user) => new(Partition(user.Id), Account)
    {
        ["id"] = user.Id,
        ["mail"] = user.Email,
        ["nick"] = user.Nick,
        ["status"] = (int)user.Status,
        ["group"] = user.GroupId,
        ["password"] = user.PasswordHash,
        ["totp"] = user.TwoFactorSecret,
        ["totpstep"] = user.TwoFactorSecret is null ? null : user.TwoFactorStep,
        ["totpuse"] = user.TwoFactorSecret is null ? null : user.TwoFactorUse,
        ["avatar"] = user.Avatar,
        ["created"] = user.CreatedAt,
        ["settings"] = JsonSerializer.Serialize(user.Settings, UserJson.Default.UserSettings),
    };

    /// <summary>Whether two rows of an account hold the same.</summary>
    public static bool AreSame(Row left, Row right) => left.Names.Union(right.Names).All(name => Equals(left[name], right[name]));

    public static User Read(Row row) => new()
    {
        Id = row.RequiredNumber("id"),
        Email = row.RequiredText("mail"),
        Nick = row.RequiredText("nick"),
        Status = (UserStatus)row.RequiredNumber("status"),
        GroupId = (int)row.RequiredNumber("group"),
        PasswordHash = row.Text("password"),
        TwoFactorSecret = row.Text("totp"),
        TwoFactorStep = row.Number("totpstep") ?? 0,
        TwoFactorUse = row["totpuse"] is Guid use ? use : Guid.Empty,
        Avatar = row.Text("avatar") ?? "",
        CreatedAt = row.Time("created") ?? default,
        UpdatedAt = row.Timestamp ?? row.Time("created") ?? default,
        Settings = JsonSerializer.Deserialize(row.RequiredText("settings"), UserJson.Default.UserSettings) ?? new UserSettings(),
        ETag = row.ETag,
    };
}
