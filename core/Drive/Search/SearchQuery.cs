using System.Globalization;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Text;
using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Drive.Search;

/// <summary>The criteria of a search, from the query of a file URI (contract, section 8.1).</summary>
public sealed class SearchQuery
{
    private const string ExactMetadata = "exact_meta_";
    private const string Metadata = "meta_";

    // Each entry of a drive is compared with each filter, and a long text costs for each character of the name.
    private const int MaxFilters = 50;
    private const int MaxText = 2_000;

    private readonly List<NamePattern> _names = [];
    private readonly List<Func<FileRecord, bool>> _conditions = [];
    private readonly List<string> _rowBounds = [];
    private bool _anyName;

    private SearchQuery()
    {
    }

    /// <summary>The requested type; null for both.</summary>
    public FileType? Type { get; private set; }

    /// <summary>
    /// A condition that storage can evaluate itself, so that it sends less: all folders, and the files that may match.
    /// Null for none.
    /// </summary>
    internal string? RowCondition => _rowBounds.Count == 0 ? null : $"{FileRecord.IsFolderCondition} or ({string.Join(" and ", _rowBounds)})";

    /// <summary>Reads the query of a URI; null when it is not a search, so that the folder is listed.</summary>
    /// <param name="query">The URI's parameters.</param>
    /// <param name="site">The site, for the queries of categories.</param>
    /// <exception cref="CloudreveException">40001 for an unknown type or category, and for more than searches may compare.</exception>
    public static SearchQuery? Parse(IReadOnlyList<KeyValuePair<string, string>> query, SiteSettings site)
    {
        if (!query.Any(IsFilter))
            return null;
        // The searches for categories are settings.
        if (query.Count > MaxFilters || query.Sum(p => (long)p.Value.Length) > MaxText)
            throw Bad($"A search takes at most {MaxFilters} filters with {MaxText} characters in total.");
        var category = query.LastOrDefault(p => p.Key == "category").Value;
        return category is null ? Read(query) : Read(FileUri.ParseQuery(site.Get(QueryOf(category))));
    }

    /// <summary>Checks whether an entry matches the query.</summary>
    public bool Matches(FileRecord entry) => MayMatch(entry.Type, entry.Name) && _conditions.TrueForAll(matches => matches(entry));

    /// <summary>Checks whether an entry can match the query, judging by its type and name.</summary>
    public bool MayMatch(FileType type, string name) => (Type is null || type == Type) && MatchesName(name);

    private bool MatchesName(string name) =>
        _names.Count == 0 || (_anyName ? _names.Exists(p => p.Matches(name)) : _names.TrueForAll(p => p.Matches(name)));

    private static bool IsFilter(KeyValuePair<string, string> parameter) =>
        parameter.Key is "name" or "category" or "type"
        || parameter.Key.StartsWith(Metadata, StringComparison.Ordinal)
        || parameter.Key.StartsWith(ExactMetadata, StringComparison.Ordinal)
        || (IsBound(parameter.Key) && TryReadNumber(parameter.Value, out _));

    private static bool IsBound(string key) => key is "size_gte" or "size_lte" or "created_gte" or "created_lte" or "updated_gte" or "updated_lte";

    private static Setting<string> QueryOf(string category) => category switch
    {
        "image" => SiteSetting.ImageQuery,
        "video" => SiteSetting.VideoQuery,
        "audio" => SiteSetting.AudioQuery,
        "document" => SiteSetting.DocumentQuery,
        _ => throw Bad("The category does not exist."),
    };

    private static SearchQuery Read(IReadOnlyList<KeyValuePair<string, string>> query)
    {
        // Flags count by their presence.
        var ignoreCase = query.Any(p => p.Key == "case_folding");
        var result = new SearchQuery { _anyName = query.Any(p => p.Key is "name_op_or" or "use_or") };
        foreach (var (key, value) in query)
            result.Add(key, value, ignoreCase);
        return result;
    }

    private void Add(string key, string value, bool ignoreCase)
    {
        switch (key)
        {
            case "name":
                _names.Add(NamePattern.Parse(value, ignoreCase));
                break;
            case "type":
                Type = value switch
                {
                    "file" => FileType.File,
                    "folder" => FileType.Folder,
                    _ => throw Bad("The type must be file or folder."),
                };
                break;
            case var _ when IsBound(key):
                // A bound that is not a number is ignored (contract, section 8.1).
                if (TryReadNumber(value, out var bound))
                {
                    _conditions.Add(Bound(key, bound));
                    if (RowBound(key, bound) is { } condition)
                        _rowBounds.Add(condition);
                }
                break;
            default:
                AddMetadata(key, value);
                break;
        }
    }

    private static Func<FileRecord, bool> Bound(string key, long bound) => key switch
    {
        "size_gte" => e => e.Size >= bound,
        "size_lte" => e => e.Size <= bound,
        "created_gte" => e => e.CreatedAt >= Time(bound),
        "created_lte" => e => e.CreatedAt <= Time(bound),
        "updated_gte" => e => e.UpdatedAt >= Time(bound),
        _ => e => e.UpdatedAt <= Time(bound),
    };

    /// <summary>
    /// A bound for storage. A row without a size is that of an empty file, which no comparison finds; times are limited to those that a table
    /// can have.
    /// </summary>
    private static string? RowBound(string key, long bound) => key switch
    {
        "size_gte" when bound > 0 => FileRecord.SizeCondition(bound),
        "created_gte" when IsTableTime(bound) => FileRecord.CreatedCondition("ge", Time(bound)),
        "created_lte" when IsTableTime(bound) => FileRecord.CreatedCondition("le", Time(bound)),
        "updated_gte" when IsTableTime(bound) => FileRecord.UpdatedCondition("ge", Time(bound)),
        "updated_lte" when IsTableTime(bound) => FileRecord.UpdatedCondition("le", Time(bound)),
        _ => null,
    };

    private static bool IsTableTime(long seconds) => seconds >= 0 && seconds < DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    private void AddMetadata(string key, string value)
    {
        if (key.StartsWith(ExactMetadata, StringComparison.Ordinal))
        {
            var name = key[ExactMetadata.Length..];
            var text = TextOf(name, value);
            _conditions.Add(e => e.Metadata.TryGetValue(name, out var found) && TextOf(name, found) == text);
        }
        else if (key.StartsWith(Metadata, StringComparison.Ordinal))
        {
            // Any text contains the empty one, so an empty value asks for the key alone.
            var name = key[Metadata.Length..];
            var text = TextOf(name, value);
            _conditions.Add(e => e.Metadata.TryGetValue(name, out var found) && TextOf(name, found).Contains(text, StringComparison.OrdinalIgnoreCase));
        }
    }

    private static bool TryReadNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    // In the trash, names are searched for in the original location, which is escaped.
    private static string TextOf(string name, string value) =>
        CanonicalText.Of(name == MetadataKeys.RestoreUri ? Uri.UnescapeDataString(value) : value);

    /// <summary>A time in Unix seconds; those beyond the calendar become the nearest one within it.</summary>
    private static DateTimeOffset Time(long seconds) =>
        DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));

    private static CloudreveException Bad(string message) => new(ErrorCode.BadParameter, message);
}
