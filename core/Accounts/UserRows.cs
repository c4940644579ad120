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
    /// <summary>Prefix of the row keys that a sign-in reads.</summary>
    public const string SignInPrefix = "!";

    public const string Account = "!user";
    public const string FailedSignIns = "!attempts";
    public const string FailedCodes = "!codes";
    public const string Mail = "!mail";
    public const string OwnerId = "user";

    /// <summary>The column of an address in the row of its claim, and of the account's address in the account's row.</summary>
    public const string Address = "mail";

    private const string Write = "write";

    // JSON may write six characters for one, so bounds of single settings are not enough: a row holds 524,288.
    private const int MaxSettings = 450_000;

    public static string Partition(long userId) => "u" + userId.ToString("x", CultureInfo.InvariantCulture);

    // Mail addresses may hold characters that keys may not.
    public static string MailPartition(string mail) => "m" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mail)));

    /// <summary>A partition of rows for unknown addresses, whose number is small.</summary>
    public static string UnknownPartition(int number) => "n" + number.ToString("x", CultureInfo.InvariantCulture);

    public static Row DescribeMail(string mail, long userId) => new(MailPartition(mail), Mail) { [Address] = mail, [OwnerId] = userId };

    /// <summary>An account's row.</summary>
    /// <param name="write">Names the write, for a writer whose response may be lost; null for others.</param>
    public static Row Describe(User user, Guid? write = null)
    {
        var row = new Row(Partition(user.Id), Account)
        {
            [Columns.Id] = user.Id,
            [Address] = user.Email,
            [Columns.IsEmailVerified] = user.IsEmailVerified ? true : null,
            [Columns.Nick] = user.Nick,
            [Columns.Status] = (int)user.Status,
            [Columns.GroupId] = user.GroupId,
            [Columns.PasswordHash] = user.PasswordHash,
            [Columns.TwoFactorSecret] = user.TwoFactorSecret,
            [Columns.TwoFactorStep] = user.TwoFactorSecret is null ? null : user.TwoFactorStep,
            [Columns.Avatar] = user.Avatar,
            [Columns.CreatedAt] = user.CreatedAt,
            [Columns.IsLeaving] = user.IsLeaving ? true : null,
            [Write] = write,
        };
        LongText.Write(row, Columns.Settings, Print(user.Settings));
        return row;
    }

    private static string Print(UserSettings settings)
    {
        var json = JsonSerializer.Serialize(settings, UserJson.Default.UserSettings);
        return json.Length <= MaxSettings
            ? json
            : throw new CloudreveException(ErrorCode.BadParameter, "Your pinned locations, views and other settings take up too much space.");
    }

    /// <summary>The write that produced the row; null when it has no name.</summary>
    public static Guid? WriteOf(Row row) => row[Write] as Guid?;

    public static User Read(Row row) => new()
    {
        Id = row.RequiredNumber(Columns.Id),
        Email = row.RequiredText(Address),
        IsEmailVerified = row[Columns.IsEmailVerified] is true,
        Nick = row.RequiredText(Columns.Nick),
        Status = (UserStatus)row.RequiredNumber(Columns.Status),
        GroupId = (int)row.RequiredNumber(Columns.GroupId),
        PasswordHash = row.Text(Columns.PasswordHash),
        TwoFactorSecret = row.Text(Columns.TwoFactorSecret),
        TwoFactorStep = row.Number(Columns.TwoFactorStep) ?? 0,
        Avatar = row.Text(Columns.Avatar) ?? "",
        CreatedAt = row.Time(Columns.CreatedAt) ?? default,
        IsLeaving = row.Flag(Columns.IsLeaving),
        UpdatedAt = row.Timestamp ?? row.Time(Columns.CreatedAt) ?? default,
        Settings = JsonSerializer.Deserialize(LongText.Read(row, Columns.Settings) ?? "null", UserJson.Default.UserSettings) ?? new UserSettings(),
        ETag = row.ETag,
    };

    internal static class Columns
    {
        public const string Id = "id";
        public const string IsEmailVerified = "verified";
        public const string Nick = "nick";
        public const string Status = "status";
        public const string GroupId = "group";
        public const string PasswordHash = "password";
        public const string TwoFactorSecret = "totp";
        public const string TwoFactorStep = "totpstep";
        public const string Avatar = "avatar";
        public const string CreatedAt = "created";
        public const string IsLeaving = "leaving";
        public const string Settings = "settings";
    }
}
