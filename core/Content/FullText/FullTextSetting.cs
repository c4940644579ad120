using Cloudreve.Core.Site.Settings;

namespace Cloudreve.Core.Content.FullText;

/// <summary>
/// The settings of full-text search. Keys and defaults are the contract's (section 24), some of which name the services that the original
/// uses; the last one is the product's own. Sizes are in bytes.
/// </summary>
internal static class FullTextSetting
{
    /// <summary>True if content is indexed and can be searched.</summary>
    public static readonly Setting<bool> Enabled = Setting.Flag("fts_enabled", defaultValue: false);

    /// <summary>Number of hits on a page.</summary>
    public static readonly Setting<long> PageSize = Setting.Number("fts_meilisearch_page_size", 20, min: 1);

    /// <summary>Extensions of documents whose text is extracted, of those that can be read. Plain text is always read.</summary>
    public static readonly Setting<string> Extensions = Setting.Text("fts_tika_exts", "doc,docx,epub,html,odp,ods,odt,pdf,ppt,pptx,rtf,xls,xlsx");

    /// <summary>The largest document.</summary>
    public static readonly Setting<long> MaxFileSize = Setting.Number("fts_tika_max_file_size", 26_214_400);

    /// <summary>The largest index of a user. What no longer fits is not indexed.</summary>
    public static readonly Setting<long> MaxIndexSize = Setting.Number("fts_max_index_size", 134_217_728);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Enabled, PageSize, Extensions, MaxFileSize, MaxIndexSize,
        Setting.Text("fts_index_type", "meilisearch"),
        Setting.Text("fts_extractor_type", "tika"),
        Setting.Number("fts_chunk_size", 2000, min: 1),
        Setting.Text("fts_tika_endpoint"),
        Setting.Text("fts_meilisearch_endpoint"),
        Setting.Text("fts_meilisearch_api_key", isSecret: true),
        Setting.Flag("fts_meilisearch_embed_enabled", defaultValue: false),
        Setting.Text("fts_meilisearch_embed_config", "{}"),
    ];
}
