using System.Text.Json.Serialization;

namespace Cloudreve.Core.Imports;

/// <summary>The job of an import task: the accepted form of the request (contract, section 19.4).</summary>
/// <param name="Source">Prefix of blob names in the policy's container: empty, or ending in a slash.</param>
/// <param name="Destination">Plain path of the destination folder in the user's drive, for example <c>/photos</c>.</param>
/// <param name="UserId">The owner of the drive.</param>
/// <param name="PolicyId">The storage policy whose container holds the blobs.</param>
/// <param name="Recursive">True if folders below the source are imported, too.</param>
/// <param name="ExtractMediaMeta">True if media information of the files is read.</param>
public sealed record ImportJob(string Source, string Destination, long UserId, long PolicyId, bool Recursive, bool ExtractMediaMeta = false)
{
    /// <summary>True if nothing is imported, and only counted what would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsDryRun { get; init; }

    /// <summary>True if files follow their blobs: those that changed are updated, those that vanished are marked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsMirror { get; init; }

    /// <summary>Minutes between two runs of a mirror; 0 for one run alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Interval { get; init; }
}

/// <summary>The totals of a piece of an import. Pieces add up.</summary>
/// <param name="Indexed">Blobs and folders that were seen.</param>
/// <param name="Imported">Files that came into the drive.</param>
/// <param name="Skipped">Files whose names existed already.</param>
/// <param name="Failed">Items that could not be imported; each is in the error list.</param>
/// <param name="Bytes">Bytes of the imported files.</param>
public sealed record ImportTotals(long Indexed, long Imported, long Skipped, long Failed, long Bytes)
{
    /// <summary>Nothing done.</summary>
    public static ImportTotals Zero { get; } = new(0, 0, 0, 0, 0);

    /// <summary>What only dry runs and mirrors count; null for other imports.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImportDetails? Details { get; init; }

    /// <summary>The sum of two pieces.</summary>
    /// <param name="other">The other piece.</param>
    public ImportTotals Add(ImportTotals other) => new(
        Indexed + other.Indexed, Imported + other.Imported, Skipped + other.Skipped, Failed + other.Failed, Bytes + other.Bytes)
    {
        Details = Details is null ? other.Details : Details.Add(other.Details),
    };
}

/// <summary>Counts that an ordinary import does without. They add up like the totals.</summary>
/// <param name="Folders">Folders of the source.</param>
/// <param name="NewFolders">Folders that the drive does not have.</param>
/// <param name="Files">Files of the source that may be in the drive.</param>
/// <param name="SourceBytes">Their bytes.</param>
/// <param name="Updated">Files whose blobs changed.</param>
/// <param name="UpdatedBytes">Bytes that those have grown by; negative when they shrank.</param>
/// <param name="Vanished">Files whose blobs are gone.</param>
public sealed record ImportDetails(
    long Folders = 0, long NewFolders = 0, long Files = 0, long SourceBytes = 0, long Updated = 0, long UpdatedBytes = 0, long Vanished = 0)
{
    /// <summary>The sum of two pieces.</summary>
    /// <param name="other">The other piece; null for none.</param>
    public ImportDetails Add(ImportDetails? other) => other is null
        ? this
        : new(
            Folders + other.Folders, NewFolders + other.NewFolders, Files + other.Files, SourceBytes + other.SourceBytes,
            Updated + other.Updated, UpdatedBytes + other.UpdatedBytes, Vanished + other.Vanished);
}

/// <summary>An item that could not be imported.</summary>
/// <param name="Path">The blob's name or the folder's prefix.</param>
/// <param name="Reason">Why, for a person.</param>
public sealed record ImportFailure(string Path, string Reason);

/// <summary>A run of frontier rows that one activity works on.</summary>
/// <param name="Key">Names the group in the task's bookkeeping; a repetition finds the earlier try by it.</param>
/// <param name="From">First row key.</param>
/// <param name="To">Last row key.</param>
/// <param name="Round">The round that new frontier rows belong to.</param>
public sealed record ImportGroup(string Key, string From, string To, int Round);

/// <summary>The result of a group's activity.</summary>
/// <param name="Totals">Its results.</param>
/// <param name="Failures">The first failures, for the task's owner to read.</param>
public sealed record ImportGroupResult(ImportTotals Totals, IReadOnlyList<ImportFailure> Failures);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImportJob))]
[JsonSerializable(typeof(ImportGroupResult))]
internal sealed partial class ImportJson : JsonSerializerContext;
