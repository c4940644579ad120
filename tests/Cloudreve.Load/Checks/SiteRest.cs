using Cloudreve.AzureStorage;
using Cloudreve.Core;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Accounts.Removal;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Infrastructure.Tables.Numbered;
using Cloudreve.Core.Tasks.Administration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Cloudreve.Load.Checks;

/// <summary>
/// A site without processes, whose clock can be put forward: runs the timers that clean up, as though days had passed, and then checks that
/// tables and blobs fit together.
/// </summary>
public sealed class SiteRest : IAsyncDisposable
{
    // Behind the first review, the second one, the end of uploads, and items that were postponed because they failed at first.
    private static readonly TimeSpan[] s_runs =
    [
        TimeSpan.FromMinutes(3), TimeSpan.FromMinutes(20), TimeSpan.FromHours(26), TimeSpan.FromHours(52), TimeSpan.FromHours(53), TimeSpan.FromHours(54),
    ];

    private readonly ForwardClock _clock = new();
    private readonly ServiceProvider _services;

    /// <summary>Opens a site that no process runs.</summary>
    /// <param name="account">Its storage.</param>
    /// <param name="prefix">Prefix of its names.</param>
    /// <param name="log">Hears of what the timers log as failed.</param>
    public SiteRest(StorageAccount account, string prefix, Action<string>? log = null) => _services = new ServiceCollection()
        .AddSingleton(log ?? (_ => { }))
        .AddSingleton(typeof(ILogger<>), typeof(FailureLog<>))
        .AddSingleton<TimeProvider>(_clock)
        .AddSingleton(new StorageLayout(account, prefix))
        .AddCore()
        .BuildServiceProvider();

    /// <summary>Runs all timers that clean up, again and again as days pass.</summary>
    public async Task CleanUpAsync()
    {
        foreach (var time in s_runs)
        {
            _clock.Offset = time;
            await RunTimersAsync();
        }
    }

    /// <summary>Ends the removals of accounts that a site's processes began, as their workflows do once all has had its time.</summary>
    public async Task FinishRemovalsAsync()
    {
        var removal = Get<AccountRemoval>();
        var tasks = await Get<TaskAdministration>().ListAsync(
            new ListWindow(0, 1_000, Descending: false), new TaskFilter(AccountRemoval.TaskType), byTime: false, mostSorted: 1_000);
        foreach (var reference in tasks.Items.Where(task => !task.IsTerminal).Select(AccountRemoval.ReferenceOf))
        {
            while (!await removal.RunAsync(reference, isLast: false) || !await removal.RunAsync(reference, isLast: true))
                continue;
            await removal.FinishAsync(reference, null);
        }
    }

    /// <summary>Compares tables and blobs.</summary>
    /// <returns>The inconsistencies.</returns>
    public async Task<IReadOnlyList<IntegrityFinding>> CheckAsync() =>
        [.. (await Get<SiteIntegrity>().CheckAsync()).Where(f => f.Kind != IntegrityKind.SourceGone)];

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task RunTimersAsync()
    {
        await Get<WriteSettlement>().RunAsync();
        await Get<UploadExpiry>().RunAsync();
        await Get<LinkReleases>().RunAsync();
        await foreach (var user in Get<UserStore>().ScanIdsAsync())
            await Get<DriveSettlement>().RecoverAsync(user);
        await Get<DriveMaintenance>().ContinueDeletionsAsync();
        await Get<LinkReleases>().RunAsync();
        await Get<EntityRecycler>().RunAsync();
    }

    private T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    private sealed class ForwardClock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
    }

    private sealed class FailureLog<T>(Action<string> log) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                log($"{formatter(state, exception)} {exception}");
        }
    }
}
