using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Imports.Mirrors;

namespace Cloudreve.Core.Imports;

/// <summary>Runs the groups of a dry run: it walks the source like an import, and counts what the import would do. The drive stays as it is.</summary>
/// <param name="frontier">The pages that are still to be listed; rows of the task, not of the drive.</param>
/// <param name="names">Finds the names that folders have already.</param>
/// <param name="mirrors">Finds what a mirror would change.</param>
/// <param name="marks">Counts the files whose blobs are gone.</param>
internal sealed class ImportForecast(ImportFrontier frontier, FolderWriter names, MirrorReader mirrors, MirrorMarks marks)
{
    public async Task<ImportGroupResult> RunAsync(ImportContext context, ImportGroup group, CancellationToken cancellationToken)
    {
        if ((await frontier.FindGroupAsync(context.TaskId, group.Key, cancellationToken))?.Result is { } earlier)
            return earlier;
        var listing = await GroupListing.GatherAsync(frontier, context, group, cancellationToken);
        var outcome = new GroupOutcome(listing, settled: null);
        if (context.Job.IsMirror)
            await CompareAsync(context, listing, outcome, cancellationToken);
        else
            await FindNamesAsync(listing, outcome, cancellationToken);
        outcome.Source = CountSource(listing, outcome);
        await frontier.CompleteAsync(context.TaskId, group, new GroupEnd(listing.Done, outcome.Found, outcome.Failures, outcome.Result), cancellationToken);
        return outcome.Result;
    }

    private async Task FindNamesAsync(GroupListing listing, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        foreach (var folder in listing.Entries.GroupBy(e => e.Item))
        {
            var known = folder.Key.IsNew
                ? new Dictionary<string, NameGuard>()
                : await names.FindNamesAsync(folder.Key.FolderId, folder.Select(e => e.Name), cancellationToken);
            foreach (var entry in folder)
                Count(entry, known.GetValueOrDefault(entry.Name), outcome);
        }
    }

    private async Task CompareAsync(ImportContext context, GroupListing listing, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var comparison = await mirrors.CompareAsync(context, listing, isRepetition: false, cancellationToken);
        foreach (var entry in listing.Entries)
        {
            var key = (entry.Item.FolderId, entry.Name);
            // Folders that do not exist yet share an id.
            var guard = entry.Item.IsNew ? null : comparison.Known.GetValueOrDefault(key);
            if (guard is not null && comparison.Files.GetValueOrDefault(key) is { IsChanged: true } changed)
                outcome.CountUpdated((entry.Blob?.Size ?? 0) - changed.File.Size);
            else
                Count(entry, guard, outcome);
        }
        outcome.Found.AddRange(comparison.Folders);
        outcome.Vanished = await marks.ApplyAsync(context, comparison, isDryRun: true, cancellationToken);
    }

    private static void Count(SourceEntry entry, NameGuard? guard, GroupOutcome outcome)
    {
        if (guard is null)
            outcome.AddMissing(entry);
        else
            outcome.AddClash(entry, guard);
    }

    private static ImportDetails CountSource(GroupListing listing, GroupOutcome outcome)
    {
        var files = listing.Entries.Count(e => e.Blob is not null);
        return new ImportDetails(
            listing.Entries.Count - files,
            // Further pages of a folder are not another folder.
            outcome.Found.Count(item => item is { IsNew: true, Page: 0 }),
            files,
            listing.Entries.Sum(e => e.Blob?.Size ?? 0));
    }

    /// <summary>The counts of a dry run as its task shows them.</summary>
    /// <param name="job">The import.</param>
    /// <param name="totals">The totals of all groups.</param>
    /// <param name="used">Bytes that the owner has in use.</param>
    /// <param name="limit">Bytes that the owner may have in use.</param>
    public static Dictionary<string, long> Describe(ImportJob job, ImportTotals totals, long used, long limit)
    {
        var details = totals.Details ?? new ImportDetails();
        return new Dictionary<string, long>(job.IsMirror ? DescribeMirror(totals) : [])
        {
            ["folders"] = details.Folders,
            ["new_folders"] = details.NewFolders,
            ["files"] = details.Files,
            ["bytes"] = details.SourceBytes,
            ["new"] = totals.Imported,
            ["new_bytes"] = totals.Bytes,
            ["existing"] = totals.Skipped,
            ["refused"] = totals.Failed,
            ["quota_used"] = used,
            ["quota_total"] = limit,
            ["quota_missing"] = Math.Max(0, used + totals.Bytes + details.UpdatedBytes - limit),
        };
    }

    /// <summary>The counts of a mirror as its task shows them.</summary>
    public static Dictionary<string, long> DescribeMirror(ImportTotals totals) => new()
    {
        ["new"] = totals.Imported,
        ["existing"] = totals.Skipped,
        ["updated"] = totals.Details?.Updated ?? 0,
        ["vanished"] = totals.Details?.Vanished ?? 0,
        ["refused"] = totals.Failed,
    };
}
