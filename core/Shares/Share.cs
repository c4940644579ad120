using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.FileSystem;

namespace Cloudreve.Core.Shares;

/// <summary>A link that shows a file or folder of its owner to others (contract, section 17).</summary>
public sealed record Share
{
    internal const string RowKey = "share";

    /// <summary>The id.</summary>
    public required long Id { get; init; }

    /// <summary>Whose file it is.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The file or folder.</summary>
    public required long FileId { get; init; }

    /// <summary>What others must know; empty for nothing. It is stored as it is: owners see it in the link's address.</summary>
    public string Password { get; init; } = "";

    /// <summary>When the link was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How many downloads it still allows; null for any number.</summary>
    public long? RemainingDownloads { get; init; }

    /// <summary>Downloads so far.</summary>
    public long Downloads { get; init; }

    /// <summary>Whether others see the folder as its owner arranged it.</summary>
    public bool SharesView { get; init; }

    /// <summary>The version of the row.</summary>
    internal string ETag { get; init; } = "";

    /// <summary>Whether the link has ended.</summary>
    /// <param name="now">The time.</param>
    public bool IsOver(DateTimeOffset now) => ExpiresAt <= now || RemainingDownloads <= 0;

    internal static string Partition(long id) => FileKeys.Id(id);

    internal Row ToRow() => new(Partition(Id), RowKey)
    {
        ["id"] = Id,
        ["u"] = OwnerId,
        ["f"] = FileId,
        ["pw"] = Password.Length == 0 ? null : Password,
        ["c"] = CreatedAt,
        ["x"] = ExpiresAt,
        ["left"] = RemainingDownloads,
        ["n"] = Downloads,
        ["view"] = SharesView ? true : null,
    };

    internal static Share FromRow(Row row) => new()
    {
        Id = row.RequiredNumber("id"),
        OwnerId = row.RequiredNumber("u"),
        FileId = row.RequiredNumber("f"),
        Password = row.Text("pw") ?? "",
        CreatedAt = row.Time("c") ?? default,
        ExpiresAt = row.Time("x"),
        RemainingDownloads = row.Number("left"),
        Downloads = row.Number("n") ?? 0,
        SharesView = row.Flag("view"),
        ETag = row.ETag ?? "",
    };
}
