using System.Globalization;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Infrastructure.Ids;

namespace Cloudreve.Core.Infrastructure.Tables.Numbered;

/// <summary>The number of rows of each block of a list, as far as they are counted.</summary>
internal sealed class Census
{
    // A list of some ten million rows; a row of a table holds no more than twice as much.
    private const int MaxCharacters = 200_000;

    /// <summary>The block after the last one that was leased when counting began.</summary>
    public required long End { get; init; }

    /// <summary>The time at which counting began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Rows of each block that has any.</summary>
    public Dictionary<long, int> Blocks { get; init; } = [];

    /// <summary>The number of transactions that it took.</summary>
    public int Pages { get; set; }

    /// <summary>The continuation token; null at its beginning and at its end.</summary>
    public string? Next { get; set; }

    /// <summary>True once everything is counted.</summary>
    public bool IsWhole { get; set; }

    /// <summary>A copy of the current counts.</summary>
    public Census Copy() => new() { End = End, At = At, Blocks = new Dictionary<long, int>(Blocks), Pages = Pages };

    /// <summary>Stores it for other processes, beside the counter of the list's ids. One transaction, none for a list that is too long.</summary>
    public async Task KeepAsync(IdAllocator ids, IdKind kind, CancellationToken cancellationToken)
    {
        var text = string.Join(' ', Blocks.OrderBy(block => block.Key).Select(block => string.Create(CultureInfo.InvariantCulture, $"{block.Key:x}:{block.Value:x}")));
        if (text.Length > MaxCharacters)
            return;
        var row = IdAllocator.NoteOf(kind);
        row[Columns.End] = End;
        row[Columns.At] = At;
        row[Columns.Pages] = Pages;
        LongText.Write(row, Columns.Blocks, text);
        try
        {
            await ids.KeepNoteAsync(row, cancellationToken);
        }
        catch (StorageException)
        {
            // Another process counts for itself.
        }
    }

    /// <summary>Reads the census that another process has stored.</summary>
    public static Census FromRow(Row row) => new()
    {
        End = row.RequiredNumber(Columns.End),
        At = row.Time(Columns.At) ?? default,
        Pages = (int)row.RequiredNumber(Columns.Pages),
        IsWhole = true,
        Blocks = (LongText.Read(row, Columns.Blocks) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(block => block.Split(':')).ToDictionary(
            block => long.Parse(block[0], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            block => int.Parse(block[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture)),
    };

    private static class Columns
    {
        public const string End = "end";
        public const string At = "at";
        public const string Pages = "pages";
        public const string Blocks = "blocks";
    }
}
