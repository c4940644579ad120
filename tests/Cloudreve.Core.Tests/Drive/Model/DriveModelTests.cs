using System.Collections.Concurrent;
using System.Globalization;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Storage;
using CsCheck;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Model;

/// <summary>
/// Random sequences of changes on a real drive against a plain tree in memory; with faults, too. CLOUDREVE_MODEL_SEQUENCES says how
/// many to run more than usual.
/// </summary>
public sealed class DriveModelTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const int Sequences = 30;

    private readonly ConcurrentBag<(ModelRun Prepared, StorageSnapshot Snapshot)> _drives = [];

    [Fact]
    public Task Given_any_changes_when_they_are_done_then_tree_quota_and_blobs_agree_with_the_model() => SampleAsync(ModelStep.Faultless);

    [Fact]
    public Task Given_any_changes_with_crashes_when_another_process_recovers_then_each_is_whole_or_undone() =>
        SampleAsync(ModelStep.Faulty);

    private Task SampleAsync(Gen<ModelStep> steps) => steps.Array[1, 12].SampleAsync(
        async sequence =>
        {
            if (!_drives.TryTake(out var pooled))
                pooled = await PrepareAsync();
            try
            {
                var run = new ModelRun(pooled.Prepared.Site, pooled.Prepared);
                foreach (var step in sequence)
                    await run.StepAsync(step);
                await run.AssertSameAsync();
            }
            finally
            {
                await pooled.Snapshot.RestoreAsync();
                _drives.Add(pooled);
            }
        },
        iter: int.TryParse(Environment.GetEnvironmentVariable("CLOUDREVE_MODEL_SEQUENCES"), CultureInfo.InvariantCulture, out var more) ? more : Sequences,
        threads: 2,
        print: sequence => string.Join('\n', sequence.Select(s => s.ToString())));

    private async Task<(ModelRun Prepared, StorageSnapshot Snapshot)> PrepareAsync()
    {
        var prepared = await ModelRun.PrepareAsync(azurite);
        var layout = prepared.Site.Layout;
        return (prepared, await StorageSnapshot.TakeAsync(layout.AllTables, [layout.Container(layout.FilesContainerName)]));
    }
}
