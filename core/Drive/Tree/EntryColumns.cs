using Cloudreve.AzureStorage.Tables;

namespace Cloudreve.Core.Drive.Tree;

/// <summary>The columns of entries in folders, of their folders' headers, and of id rows. Files have many rows: names are short.</summary>
internal static class EntryColumns
{
    public const string Id = "id";
    public const string OwnerId = "o";
    public const string ParentId = "p";
    public const string Type = "t";
    public const string Name = "n";
    public const string Size = "s";
    public const string PrimaryEntityId = "e";
    public const string CreatedAt = "c";
    public const string UpdatedAt = "u";
    public const string Metadata = "m";
    public const string OtherEntities = "es";
    /// <summary>The view that the owner chose for the folder.</summary>
    public const string View = "vw";

    /// <summary>Counts the entry's moves; the id row's count distinguishes the current row from others.</summary>
    public const string MoveVersion = "v";

    /// <summary>The move that wants to bring the entry here; none for a settled entry.</summary>
    public const string PendingMove = "x";

    /// <summary>A mark of names: shortcuts cannot be walked into.</summary>
    public const string IsSymbolic = "y";

    /// <summary>The last move of an id row.</summary>
    public const string Operation = "op";

    extension(Row row)
    {
        /// <summary>True if an unfinished move claims the entry.</summary>
        public bool IsPending => row[PendingMove] is not null;

        public FileType EntryType => (FileType)row.RequiredNumber(Type);
    }
}
