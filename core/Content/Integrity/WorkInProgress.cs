using Cloudreve.Core.Content.Uploads;

namespace Cloudreve.Core.Content.Integrity;

/// <summary>Files and entities that unsettled uploads and writes may have created: no finding, whether they exist or not.</summary>
/// <param name="Files">Files that have no entry yet.</param>
/// <param name="Entities">Entities that no file refers to yet, or any more.</param>
/// <param name="Blobs">Their blobs, and what clients stage.</param>
internal sealed record WorkInProgress(IReadOnlySet<long> Files, IReadOnlySet<long> Entities, IReadOnlySet<string> Blobs)
{
    public static WorkInProgress Of(SiteSurvey survey)
    {
        var files = survey.Writes.Where(w => w.IsNewFile).SelectMany(w => w.Files).Select(f => f.FileId).Concat(survey.Uploads.Where(u => u.IsNewFile).Select(u => u.FileId));
        // Until an upload's row is removed, anything that its client sends is searched for.
        var open = survey.Uploads.Where(u => u.State != UploadState.Completed).ToList();
        var entities = survey.Writes.SelectMany(w => w.Files).Select(f => f.EntityId).Concat(open.Select(u => u.EntityId))
            .Concat(survey.Releases.SelectMany(r => r.Links).Select(l => l.Id)).Concat(open.SelectMany(u => u.Dropped).Select(l => l.Id));
        var blobs = survey.Writes.SelectMany(w => w.Files).Select(f => f.Source).Concat(open.Select(u => u.Source))
            .Concat(survey.Uploads.Select(u => u.StagingName)).Concat(survey.Chunked.Select(u => u.StagingName))
            .Concat(survey.RecycledBlobs);
        return new WorkInProgress(files.ToHashSet(), entities.ToHashSet(), blobs.ToHashSet(StringComparer.Ordinal));
    }
}
