using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Boolsets;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Accounts.WebDav;

/// <summary>Options of a WebDAV account; the numbers are bits of a boolset (contract, section 11.3).</summary>
public enum DavAccountOption
{
    /// <summary>Its clients change nothing.</summary>
    ReadOnly = 0,

    /// <summary>Content is streamed through the app instead of being fetched from Blob storage.</summary>
    Proxy = 1,

    /// <summary>Its clients create no entries whose names begin with a dot.</summary>
    DisableSystemFiles = 2,
}

/// <summary>
/// An account for WebDAV clients of a user's files: one row in the user's partition. The password is derived from the site's secret and the
/// row's salt, so that its owner can look it up again and a copy of the tables does not reveal it.
/// </summary>
public sealed record DavAccount
{
    /// <summary>Characters of a name.</summary>
    public const int MaxName = 255;

    internal const string Prefix = "dav-";

    private const string Purpose = "cloudreve webdav password v1";
    private const int SaltBytes = 16;

    // 32 letters and digits of 5 bits each.
    private const int PasswordBytes = 20;
    private const string PasswordDigits = "abcdefghijklmnopqrstuvwxyz234567";

    /// <summary>The account's id.</summary>
    public required long Id { get; init; }

    /// <summary>The owner.</summary>
    public required long UserId { get; init; }

    /// <summary>The name that the user gave it.</summary>
    public required string Name { get; init; }

    /// <summary>The folder that its clients see as the root: in the user's drive or behind a share link.</summary>
    public required FileUri Root { get; init; }

    /// <summary>The time it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The set of <see cref="DavAccountOption"/>.</summary>
    public Boolset Options { get; init; }

    /// <summary>Makes the password differ from all others.</summary>
    public required byte[] Salt { get; init; }

    /// <summary>Checks an option.</summary>
    public bool Has(DavAccountOption option) => Options[(int)option];

    /// <summary>The password that clients send.</summary>
    /// <param name="site">The site, for its secret.</param>
    public string PasswordOf(SiteSettings site)
    {
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes(site.Get(SiteSetting.SecretKey)), Encoding.UTF8.GetBytes(Purpose));
        var who = string.Create(CultureInfo.InvariantCulture, $"{UserId}\n{Id}\n{Convert.ToHexStringLower(Salt)}");
        var bits = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(who)).AsSpan(0, PasswordBytes);
        var password = new StringBuilder();
        var (buffer, filled) = (0, 0);
        foreach (var part in bits)
        {
            (buffer, filled) = ((buffer << 8) | part, filled + 8);
            for (; filled >= 5; filled -= 5)
                password.Append(PasswordDigits[(buffer >> (filled - 5)) & 31]);
        }
        return password.ToString();
    }

    internal static byte[] DrawSalt() => RandomNumberGenerator.GetBytes(SaltBytes);

    // The newest come first.
    internal static string KeyOf(long id) => Prefix + (long.MaxValue - id).ToString("x16", CultureInfo.InvariantCulture);

    internal static DavAccount Read(Row row, long userId) => new()
    {
        Id = row.RequiredNumber(Columns.Id),
        UserId = userId,
        Name = row.RequiredText(Columns.Name),
        Root = FileUri.ParseStored(LongText.Read(row, Columns.Root) ?? ""),
        CreatedAt = row.Time(Columns.CreatedAt) ?? default,
        Options = Boolset.TryParse(row.Text(Columns.Options), out var options) ? options : default,
        Salt = row.Bytes(Columns.Salt) ?? [],
    };

    internal Row Describe()
    {
        var row = new Row(UserRows.Partition(UserId), KeyOf(Id))
        {
            [Columns.Id] = Id,
            [Columns.Name] = Name,
            [Columns.CreatedAt] = CreatedAt,
            [Columns.Options] = Options.ToString(),
            [Columns.Salt] = Salt,
        };
        LongText.Write(row, Columns.Root, Root.ToString());
        return row;
    }

    private static class Columns
    {
        public const string Id = "id";
        public const string Name = "name";
        public const string Root = "root";
        public const string CreatedAt = "created";
        public const string Options = "options";
        public const string Salt = "salt";
    }
}
