using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Tables;

namespace Cloudreve.Core.Accounts;

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

    private const string Write = "write";

    // JSON may write six characters for one, so bounds of single settings are not enough: a row holds 524,288.
    private const int MaxSettings = 450_000;

    public static string Partition(long userId) => "u" + userId.ToString("x", CultureInfo.InvariantCulture);

    // Mail addresses may hold characters that keys may not.
    public static string MailPartition(string mail) => "m" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mail)));

    /// <summary>A partition of rows that stand for nobody, whose number is small.</summary>
    public static string NobodyPartition(int number) => "n" + number.ToString("x", CultureInfo.InvariantCulture);

    public static Row DescribeMail(string mail, long userId) => new(MailPartition(mail), Mail) { ["mail"] = mail, [OwnerId] = userId };

    /// <summary>An account's row.</summary>
    /// <param name="user">The account.</param>
    /// <param name="write">Names the write, for a writer whose answer may be lost; null for others.</param>
    public static Row Describe(User user, Guid? write = null)
    {
        var row = new Row(Partition(user.Id), Account)
        {
            ["id"] = user.Id,
            ["mail"] = user.Email,
            ["verified"] = user.IsEmailVerified ? true : null,
            ["nick"] = user.Nick,
            ["status"] = (int)user.Status,
            ["group"] = user.GroupId,
            ["password"] = user.PasswordHash,
            ["totp"] = user.TwoFactorSecret,
            ["totpstep"] = user.TwoFactorSecret is null ? null : user.TwoFactorStep,
            ["avatar"] = user.Avatar,
            ["created"] = user.CreatedAt,
            ["leaving"] = user.IsLeaving ? true : null,
            [Write] = write,
        };
        LongText.Write(row, "settings", Print(user.Settings));
        return row;
    }

    private static string Print(UserSettings settings)
    {
        var json = JsonSerializer.Serialize(settings, UserJson.Default.UserSettings);
        return json.Length <= MaxSettings
            ? json
            : throw new CloudreveException(ErrorCode.BadParameter, "Your pinned locations, views and other settings take up too much space.");
    }

    /// <summary>The write that made the row what it is; null when it has no name.</summary>
    public static Guid? WriteOf(Row row) => row[Write] as Guid?;

    public static User Read(Row row) => new()
    {
        Id = row.RequiredNumber("id"),
        Email = row.RequiredText("mail"),
        IsEmailVerified = row["verified"] is true,
        Nick = row.RequiredText("nick"),
        Status = (UserStatus)row.RequiredNumber("status"),
        GroupId = (int)row.RequiredNumber("group"),
        PasswordHash = row.Text("password"),
        TwoFactorSecret = row.Text("totp"),
        TwoFactorStep = row.Number("totpstep") ?? 0,
        Avatar = row.Text("avatar") ?? "",
        CreatedAt = row.Time("created") ?? default,
        IsLeaving = row.Flag("leaving"),
        UpdatedAt = row.Timestamp ?? row.Time("created") ?? default,
        Settings = JsonSerializer.Deserialize(LongText.Read(row, "settings") ?? "null", UserJson.Default.UserSettings) ?? new UserSettings(),
        ETag = row.ETag,
    };
}
