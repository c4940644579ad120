using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Sharing.DirectLinks;

/// <summary>A permanent address of a file (contract, section 15).</summary>
/// <param name="OwnerId">The owner of the file.</param>
/// <param name="Name">The file's name when the link was made, which is part of the address.</param>
/// <param name="CreatedAt">The time it was created.</param>
public sealed record DirectLink(long Id, long FileId, long OwnerId, string Name, DateTimeOffset CreatedAt)
{
    /// <summary>Number of times the link was followed; known only to listings.</summary>
    public long Hits { get; init; }

    internal const string HitsProperty = "h";

    /// <summary>Partition and key of the row by which the link is followed.</summary>
    internal static (string Partition, string Key) ById(long id) => (FileKeys.IdBlock(id), FileKeys.Id(id));

    /// <summary>Partition of the rows by which the links of a file are listed; they count the hits.</summary>
    internal static string OfFile(long fileId) => "f|" + FileKeys.Folder(fileId);

    internal static DirectLink FromRow(Row row) => new(
        FileKeys.ParseId(row.RowKey), row.RequiredNumber(Columns.FileId), row.RequiredNumber(Columns.OwnerId), row.RequiredText(Columns.Name),
        row.Time(Columns.CreatedAt) ?? default)
    {
        Hits = row.Number(HitsProperty) ?? 0,
    };

    internal Row ToRow(string partition) => new(partition, FileKeys.Id(Id))
    {
        [Columns.FileId] = FileId,
        [Columns.OwnerId] = OwnerId,
        [Columns.Name] = Name,
        [Columns.CreatedAt] = CreatedAt,
    };

    internal static class Columns
    {
        public const string FileId = "f";
        public const string OwnerId = "o";
        public const string Name = "n";
        public const string CreatedAt = "c";
    }
}
