using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Sharing;

/// <summary>A link that shows a file or folder of its owner to others (contract, section 17).</summary>
public sealed record Share
{
    internal const string VisitsProperty = "seen";

    private const string WriteProperty = "w";

    /// <summary>The id.</summary>
    public required long Id { get; init; }

    /// <summary>The owner of the file.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The file or folder.</summary>
    public required long FileId { get; init; }

    /// <summary>The password; empty for none. It is stored as it is: owners see it in the link's address.</summary>
    public string Password { get; init; } = "";

    /// <summary>The time the link was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time it expires; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Number of downloads that it still allows; null for any number.</summary>
    public long? RemainingDownloads { get; init; }

    /// <summary>Downloads so far.</summary>
    public long Downloads { get; init; }

    /// <summary>Number of views.</summary>
    public long Visits { get; init; }

    /// <summary>True if others see the folder with its owner's arrangement.</summary>
    public bool SharesView { get; init; }

    /// <summary>True if clients show the folder's README.</summary>
    public bool ShowsReadme { get; init; }

    /// <summary>The mark of the write that made the row, by which a write whose response was lost is recognized.</summary>
    internal string? Write { get; init; }

    /// <summary>The version of the row.</summary>
    internal string ETag { get; init; } = "";

    /// <summary>Checks whether the link has ended.</summary>
    public bool IsOver(DateTimeOffset now) => ExpiresAt <= now || RemainingDownloads <= 0;

    /// <summary>Partition of an owner's links.</summary>
    internal static string Partition(long ownerId) => "u|" + FileKeys.Id(ownerId);

    internal Row ToRow() => new(Partition(OwnerId), FileKeys.Id(Id))
    {
        [Columns.FileId] = FileId,
        [Columns.Password] = Password.Length == 0 ? null : Password,
        [Columns.CreatedAt] = CreatedAt,
        [Columns.ExpiresAt] = ExpiresAt,
        [Columns.RemainingDownloads] = RemainingDownloads,
        [Columns.Downloads] = Downloads,
        [VisitsProperty] = Visits,
        [Columns.SharesView] = SharesView ? true : null,
        [Columns.ShowsReadme] = ShowsReadme ? true : null,
        [WriteProperty] = Write,
    };

    internal static Share FromRow(Row row, long ownerId) => new()
    {
        Id = FileKeys.ParseId(row.RowKey),
        OwnerId = ownerId,
        FileId = row.RequiredNumber(Columns.FileId),
        Password = row.Text(Columns.Password) ?? "",
        CreatedAt = row.Time(Columns.CreatedAt) ?? default,
        ExpiresAt = row.Time(Columns.ExpiresAt),
        RemainingDownloads = row.Number(Columns.RemainingDownloads),
        Downloads = row.Number(Columns.Downloads) ?? 0,
        Visits = row.Number(VisitsProperty) ?? 0,
        SharesView = row.Flag(Columns.SharesView),
        ShowsReadme = row.Flag(Columns.ShowsReadme),
        Write = row.Text(WriteProperty),
        ETag = row.ETag,
    };

    private static class Columns
    {
        public const string FileId = "f";
        public const string Password = "pw";
        public const string CreatedAt = "c";
        public const string ExpiresAt = "x";
        public const string RemainingDownloads = "left";
        public const string Downloads = "n";
        public const string SharesView = "view";
        public const string ShowsReadme = "readme";
    }
}
