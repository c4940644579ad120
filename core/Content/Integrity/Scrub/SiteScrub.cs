using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Storage;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Integrity.Scrub;

/// <summary>
/// Compares tables and blobs with each other while the site runs, a part at a time. What it finds becomes a task of the first administrator, where
/// the administration shows it. It removes what nobody can reach when the site's settings say so; content that files refer to it never touches.
/// </summary>
/// <param name="recycler">Removes entities.</param>
/// <param name="users">Tells which accounts exist.</param>
/// <param name="tasks">Shows findings.</param>
/// <param name="ids">Numbers tasks.</param>
/// <param name="settings">Tell whether to repair.</param>
/// <param name="clock">Tells what is old.</param>
public sealed class SiteScrub(
    StorageLayout layout, SiteCatalog catalog, PolicyContainers containers, EntityRecycler recycler, UserStore users, TaskStore tasks, IdAllocator ids,
    SettingStore settings, TimeProvider clock)
{
    /// <summary>The type of the tasks that hold findings.</summary>
    public const string TaskType = "entity_recycle_routine";

    private const string Partition = "scrub";
    private const string Position = "at";

    // Rows of each part that one run looks at.
    private const int RowsInRun = 20_000;

    // Uploads, writes, moves and notes are settled long before.
    private static readonly TimeSpan s_leastAge = TimeSpan.FromDays(8);

    private readonly TreeScrub _tree = new(layout);
    private readonly EntityScrub _entities = new(layout, catalog, containers, recycler);
    private readonly BlobScrub _blobs = new(layout, catalog, containers);
    private readonly FullTextScrub _texts = new(layout, users);

    /// <summary>Looks through the next part of everything. One transaction for each row that is looked at, and what the parts say.</summary>
    /// <param name="cancellationToken">Ends the run; harmless.</param>
    public async Task<ScrubReport> RunAsync(CancellationToken cancellationToken = default)
    {
        var site = await settings.GetAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var age = 2 * site.Get(SiteSetting.UploadSessionLifetime) is var twice && twice > s_leastAge ? twice : s_leastAge;
        var run = new ScrubRun(new ScrubReport(), site.Get(SiteSetting.ScrubRepairs), now - age, RowsInRun);
        await RunPartAsync("ids", at => _tree.CheckIdsAsync(run, at, cancellationToken), cancellationToken);
        await RunPartAsync("headers", at => _tree.CheckHeadersAsync(run, at, cancellationToken), cancellationToken);
        await RunPartAsync("entities", at => _entities.CheckAsync(run, at, cancellationToken), cancellationToken);
        await RunPartAsync("blobs", at => _blobs.CheckAsync(run, at, cancellationToken), cancellationToken);
        await RunPartAsync("texts", at => _texts.CheckAsync(run, at, cancellationToken), cancellationToken);
        if (run.Report.Found > 0)
            await ReportAsync(run.Report, now, cancellationToken);
        return run.Report;
    }

    /// <summary>Runs a part from where it ended last.</summary>
    private async Task RunPartAsync(string part, Func<string, Task<string>> check, CancellationToken cancellationToken)
    {
        var row = await layout.Schedules.FindAsync(Partition, part, cancellationToken);
        var next = await check(row?.Text(Position) ?? "");
        await layout.Schedules.UpsertAsync(new Row(Partition, part) { [Position] = next }, cancellationToken);
    }

    private async Task ReportAsync(ScrubReport report, DateTimeOffset started, CancellationToken cancellationToken)
    {
        var task = new WorkflowTask
        {
            Id = await ids.NextAsync(IdKind.Task, cancellationToken),
            OwnerId = User.FirstId,
            Type = TaskType,
            Status = WorkflowTaskStatus.Completed,
            CreatedAt = started,
            UpdatedAt = clock.GetUtcNow(),
            StartedAt = started,
            Failed = report.Found - report.Repaired,
            ErrorHistory = report.Named,
            Job = "{}",
        };
        await tasks.CreateAsync(task, cancellationToken);
    }
}
