using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports.Mirrors;

/// <summary>
/// The part of a drive's folder that is compared with one page of the source. The parts of all pages follow each other in the order of the
/// folder's rows, which is another one than that of the storage service where names have characters that keys may not hold: names of the page
/// that lie in other parts are looked up beside it.
/// </summary>
/// <param name="item">The page's place.</param>
/// <param name="page">The page.</param>
internal sealed class FolderPart(FrontierItem item, SourcePage page)
{
    private readonly string? _after = item.After is null ? null : FileKeys.Name(item.After);
    private readonly string? _until = UntilOf(item, page) is { } until ? FileKeys.Name(until) : null;
    private readonly string? _lastName = page.Names.Select(FileKeys.Name).Max(StringComparer.Ordinal);

    public FrontierItem Item => item;

    public SourcePage Page => page;

    /// <summary>The last name; null for the folder's last.</summary>
    public string? Until => UntilOf(item, page);

    /// <summary>True for a page without names before others.</summary>
    public bool IsEmpty => page.Next is not null && (page.Last is null || page.Last == item.After);

    /// <summary>Ranges in which names of the page lie that are not in this part.</summary>
    public IEnumerable<(string First, string Last)> Elsewhere => page.Names
        .Where(name => !Holds(name))
        .GroupBy(name => _after is not null && string.CompareOrdinal(FileKeys.Name(name), _after) <= 0)
        .Select(side => (side.MinBy(FileKeys.Name, StringComparer.Ordinal)!, side.MaxBy(FileKeys.Name, StringComparer.Ordinal)!));

    /// <summary>Checks whether a name lies in this part.</summary>
    public bool Holds(string name)
    {
        var key = FileKeys.Name(name);
        return !IsEmpty && (_after is null || string.CompareOrdinal(key, _after) > 0) && (_until is null || string.CompareOrdinal(key, _until) <= 0);
    }

    /// <summary>Checks whether a name lies behind all names of the page.</summary>
    public bool IsBehindNames(string name) => _lastName is null || string.CompareOrdinal(FileKeys.Name(name), _lastName) > 0;

    private static string? UntilOf(FrontierItem item, SourcePage page) => item.IsRest ? item.Until : page.Next is null ? null : page.Last;
}
