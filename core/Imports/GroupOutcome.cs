using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports;

/// <summary>Collects the outcome of each entry of a group.</summary>
/// <param name="listing">The entries.</param>
/// <param name="settled">An earlier try over another listing, whose charge is settled already; null for none.</param>
internal sealed class GroupOutcome(GroupListing listing, GroupReservation? settled)
{
    private const int FailuresInResult = 20;

    /// <summary>Characters of failures in a result. JSON may write six for one, and the result has to fit into one property.</summary>
    private const int FailureCharactersInResult = AzureLimits.StringCharacters / 6 - 500;

    public List<ImportFailure> Failures { get; } = [.. listing.Failures];

    /// <summary>Pages to list next: further pages of folders, and the folders that were found.</summary>
    public List<FrontierItem> Found { get; } = [.. listing.Next];

    /// <summary>Files that this try or an earlier one inserted.</summary>
    public List<FileRecord> InsertedFiles { get; } = [];

    private long _imported;
    private long _skipped;
    private long _bytes;
    private long _updated;
    private long _updatedBytes;

    /// <summary>Files that this try or an earlier one gave a new version.</summary>
    public List<GroupCandidate> Updated { get; } = [];

    /// <summary>Bytes of inserted files that this try's charge pays for.</summary>
    public long UsedCharge { get; private set; }

    /// <summary>Files whose blobs are gone; null where nobody looked.</summary>
    public int? Vanished { get; set; }

    /// <summary>Counts of dry runs and mirrors; null for none.</summary>
    private ImportDetails? Details => (Source, Vanished) is (null, null)
        ? null
        : (Source ?? new ImportDetails()) with { Updated = _updated, UpdatedBytes = _updatedBytes, Vanished = Vanished ?? 0 };

    /// <summary>True if rows were written that nothing refers to.</summary>
    public bool HasUnused { get; set; }

    /// <summary>What a dry run counts in the source; null for other imports.</summary>
    public ImportDetails? Source { get; set; }

    public ImportGroupResult Result => new(
        new ImportTotals(listing.Indexed, _imported, _skipped, Failures.Count, _bytes) { Details = Details }, FirstOf(Failures));

    public void AddInserted(GroupCandidate candidate)
    {
        if (candidate.Entity is null)
        {
            Descend(candidate.Entry, candidate.Record.Id, isNew: true);
            return;
        }
        InsertedFiles.Add(candidate.Record);
        UsedCharge += candidate.Growth;
        if (candidate.Entity.ReplacedSize is null)
        {
            CountImported(candidate.Record.Size);
            return;
        }
        Updated.Add(candidate);
        CountUpdated(candidate.Growth);
    }

    /// <summary>Counts the charge of a file that an earlier try inserted and that is gone.</summary>
    public void AddReleased(GroupCandidate candidate) => UsedCharge += candidate.Growth;

    /// <summary>Counts a file whose blob has changed.</summary>
    /// <param name="growth">Bytes that it has grown by.</param>
    public void CountUpdated(long growth)
    {
        _updated++;
        _updatedBytes += growth;
    }

    /// <summary>Counts an entry of a dry run that the drive does not have.</summary>
    public void AddMissing(SourceEntry entry)
    {
        if (entry.Blob is { } blob)
            CountImported(blob.Size);
        else
            Descend(entry, folderId: 0, isNew: true);
    }

    public void AddClash(SourceEntry entry, NameGuard guard)
    {
        if (entry.Blob is not null && settled?.Files.Contains(guard.Id) == true)
            CountImported(guard.Size);
        else if (entry.Blob is not null)
            _skipped++;
        else if (guard.IsSymbolic)
            Fail(entry.Path, "A shortcut of the same name exists in the drive.");
        else if (guard.Type == FileType.Folder)
            Descend(entry, guard.Id, isNew: false);
        else
            Fail(entry.Path, "A file with the same name already exists in the drive.");
    }

    public void Fail(string path, string reason) => Failures.Add(new ImportFailure(path, reason));

    private void CountImported(long size)
    {
        _imported++;
        _bytes += size;
    }

    private void Descend(SourceEntry entry, long folderId, bool isNew) => Found.Add(new FrontierItem("", entry.Path, folderId, isNew));

    private static List<ImportFailure> FirstOf(IReadOnlyList<ImportFailure> failures)
    {
        var characters = 0;
        return [.. failures.Take(FailuresInResult).TakeWhile(f => (characters += f.Path.Length + f.Reason.Length + 10) < FailureCharactersInResult)];
    }
}
