namespace Cloudreve.Core.Drive.Tree;

/// <summary>Metadata keys that the drive itself writes and reads (contract, section 9.1).</summary>
public static class MetadataKeys
{
    /// <summary>The original location of an entry of the trash: a URI of its owner's drive.</summary>
    public const string RestoreUri = "sys:restore_uri";

    /// <summary>The time an entry of the trash is deleted for good, in Unix seconds.</summary>
    public const string ExpectedCollectTime = "sys:expected_collect_time";

    /// <summary>The destination of a shortcut.</summary>
    public const string SharedRedirect = FileRecord.SharedRedirect;

    /// <summary>The user who shared a shortcut's destination.</summary>
    public const string SharedOwner = "sys:shared_owner";

    /// <summary>The upload session that a placeholder waits for.</summary>
    public const string UploadSession = "sys:upload_session_id";

    /// <summary>The version of the content whose text is in the owner's index, by its encoded id.</summary>
    public const string FullTextIndex = "sys:fulltext_index";

    /// <summary>The time that a mirror found a file's blob gone, in Unix seconds; it goes when the blob is back, with new content, and with another name or folder.</summary>
    public const string SourceMissing = "sys:source_missing";

    private static readonly string[] TrashMarks = [RestoreUri, ExpectedCollectTime];

    /// <summary>Metadata without the marks of a shortcut.</summary>
    internal static Dictionary<string, string> WithoutShortcut(IReadOnlyDictionary<string, string> metadata) =>
        metadata.Where(pair => pair.Key is not (SharedRedirect or SharedOwner)).ToDictionary();

    /// <summary>Metadata of a file that is not any more where a mirror put it.</summary>
    /// <param name="metadata">The metadata.</param>
    internal static IReadOnlyDictionary<string, string> WithoutSource(IReadOnlyDictionary<string, string> metadata) =>
        metadata.ContainsKey(SourceMissing) ? metadata.Where(pair => pair.Key != SourceMissing).ToDictionary() : metadata;

    /// <summary>Metadata with the marks that the trash keeps taken from another set, or removed.</summary>
    /// <param name="marks">The source of the marks; null to remove them.</param>
    internal static Dictionary<string, string> WithMarksOf(IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, string>? marks)
    {
        var result = metadata.ToDictionary();
        foreach (var key in TrashMarks)
        {
            result.Remove(key);
            if (marks is not null && marks.TryGetValue(key, out var value))
                result[key] = value;
        }
        return result;
    }
}
