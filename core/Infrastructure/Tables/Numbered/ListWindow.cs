namespace Cloudreve.Core.Infrastructure.Tables.Numbered;

/// <summary>The requested rows of a list.</summary>
/// <param name="Skip">Number of rows before.</param>
/// <param name="Take">Their number.</param>
/// <param name="Descending">True for descending order.</param>
public readonly record struct ListWindow(long Skip, int Take, bool Descending);

/// <summary>A part of a list.</summary>
/// <param name="Items">The page.</param>
/// <param name="Total">Items in all, as far as they are counted.</param>
public sealed record NumberedItems<T>(IReadOnlyList<T> Items, long Total)
{
    /// <summary>The same page with other items.</summary>
    public NumberedItems<TOther> With<TOther>(IReadOnlyList<TOther> items) => new(items, Total);
}
