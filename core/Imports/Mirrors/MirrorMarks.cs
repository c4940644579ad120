using System.Globalization;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Loops;

namespace Cloudreve.Core.Imports.Mirrors;

/// <summary>Marks files whose blobs are gone: one transaction to make sure, and one for the mark. A marked file costs nothing more.</summary>
internal sealed class MirrorMarks(EntryUpdates updates, TimeProvider clock)
{
    private const int Writers = 8;

    /// <summary>Brings the marks in line with the source.</summary>
    /// <param name="isDryRun">True to count only.</param>
    /// <returns>The number of files whose blobs are gone.</returns>
    public async Task<int> ApplyAsync(ImportContext context, MirrorComparison comparison, bool isDryRun, CancellationToken cancellationToken)
    {
        var vanished = comparison.Missing.Count(m => m.File.Metadata.ContainsKey(MetadataKeys.SourceMissing));
        var unmarked = comparison.Missing.Where(m => !m.File.Metadata.ContainsKey(MetadataKeys.SourceMissing));
        await BoundedParallel.ForEachAsync(unmarked, Writers, async (missing, token) =>
        {
            // Pages follow the order of the storage service, names that of tables: the blob may be on another page, or have just come.
            if (await context.Source.ExistsAsync(missing.Entity.Source, token))
                return;
            Interlocked.Increment(ref vanished);
            if (!isDryRun)
                await ChangeAsync(missing.File, current => Mark(current, missing), token);
        }, cancellationToken);
        if (!isDryRun)
            await BoundedParallel.ForEachAsync(comparison.Returned, Writers, (file, token) => ChangeAsync(file, Unmark, token), cancellationToken);
        return vanished;
    }

    private FileRecord Mark(FileRecord current, MirroredFile missing)
    {
        if (current.PrimaryEntityId != missing.Entity.Id || current.ParentId != missing.File.ParentId || current.Name != missing.File.Name
            || current.Metadata.ContainsKey(MetadataKeys.SourceMissing))
            return current;
        var now = clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return current with { Metadata = new Dictionary<string, string>(current.Metadata) { [MetadataKeys.SourceMissing] = now } };
    }

    private static FileRecord Unmark(FileRecord current) => current.Metadata.ContainsKey(MetadataKeys.SourceMissing)
        ? current with { Metadata = current.Metadata.Where(m => m.Key != MetadataKeys.SourceMissing).ToDictionary() }
        : current;

    private async Task ChangeAsync(FileRecord file, Func<FileRecord, FileRecord> change, CancellationToken cancellationToken)
    {
        try
        {
            await updates.UpdateAsync(file, change, cancellationToken);
        }
        catch (CloudreveException e) when (e.Code is ErrorCode.PathNotFound or ErrorCode.Conflict)
        {
            // Deleted or being moved: the next run sees what it is then.
        }
    }
}
