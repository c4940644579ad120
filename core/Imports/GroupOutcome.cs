using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Imports;

/// <summary>Collects the outcome of each entry of a group.</summary>
/// <param name="listing">The entries.</param>
/// <param name="settled">An earlier try over another listing, whose charge is settled already; null for none.</param>
internal sealed class GroupOutcome(GroupListing listing, GroupReservation? settled)
{
    public List<ImportFailure> Failures { get; } = [.. listing.Failures];

    /// <summary>Pages to list next: further pages of folders, and the folders that were found.</summary>
    public List<FrontierItem> Found { get; } = [.. listing.Next];

    /// <summary>Files that this try or an earlier one inserted.</summary>
    public List<FileRecord> InsertedFiles { get; } = [];

    private long _imported;
    private long _skipped;
    private long _bytes;

    /// <summary>Bytes of inserted files that this try's charge pays for.</summary>
    public long UsedCharge { get; private set; }

    public ImportTotals Totals => new(listing.Indexed, _imported, _skipped, Failures.Count, _bytes);

    public void AddInserted(GroupCandidate candidate)
    {
        if (candidate.Entity is null)
        {
            Descend(candidate, candidate.Record.Id, isNew: true);
            return;
        }
        InsertedFiles.Add(candidate.Record);
        UsedCharge += candidate.Record.Size;
        CountImported(candidate.Record.Size);
    }

    public void AddClash(GroupCandidate candidate, NameGuard guard)
    {
        if (candidate.Entity is not null && settled?.Files.Contains(guard.Id) == true)
            CountImported(guard.Size);
        else if (candidate.Entity is not null)
            _skipped++;
        else if (guard.IsSymbolic)
            Fail(candidate.Entry.Path, "A shortcut of the same name exists in the drive.");
        else if (guard.Type == FileType.Folder)
            Descend(candidate, guard.Id, isNew: false);
        else
            Fail(candidate.Entry.Path, "A file with the same name already exists in the drive.");
    }

    public void Fail(string path, string reason) => Failures.Add(new ImportFailure(path, reason));

    private void CountImported(long size)
    {
        _imported++;
        _bytes += size;
    }

    private void Descend(GroupCandidate candidate, long folderId, bool isNew) =>
        Found.Add(new FrontierItem("", candidate.Entry.Path, folderId, isNew));
}
