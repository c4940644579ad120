namespace Cloudreve.Orchestrations.Import;

/// <summary>Progress of an import, as its instance shows it to the tools of Durable Functions. The task's row shows it to its owner.</summary>
/// <param name="Round">Rounds that are done.</param>
/// <param name="Indexed">Blobs and folders that were seen.</param>
/// <param name="Imported">Files that came into the drive.</param>
/// <param name="Skipped">Files whose names existed already.</param>
/// <param name="Failed">Items that could not be imported.</param>
internal sealed record ImportProgress(int Round, long Indexed, long Imported, long Skipped, long Failed)
{
    public static ImportProgress Of(ImportState state)
    {
        var totals = state.Totals;
        return new ImportProgress(state.Round, totals.Indexed, totals.Imported, totals.Skipped, totals.Failed);
    }
}
