using System.Diagnostics;
using Cloudreve.AzureStorage;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Ids;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Core.Site;
using Cloudreve.Load.Checks;
using Cloudreve.Load.Clients;
using Cloudreve.Load.Faults;
using Cloudreve.Load.Measures;

namespace Cloudreve.Load;

/// <summary>
/// Clients of several users do mixed work on a running site, and know what they have done; storage fails and processes are killed
/// meanwhile. At the end every drive has to be as its clients know it, and tables and blobs have to fit together.
/// </summary>
public sealed class LoadRun : IAsyncDisposable
{
    private const int SmallChunk = 65_536;
    private const int RelayPolicyId = 8;
    private const int RelayGroupId = 8;
    private static readonly TimeSpan s_requestTimeout = TimeSpan.FromMinutes(2);

    private readonly LoadOptions _options;
    private readonly ISiteProcesses _site;
    private readonly TcpProxy _proxy;
    private readonly StorageAccount _account;
    private readonly string _prefix;
    private readonly Action<string> _write;
    private readonly HttpClient _http;
    private readonly List<LoadUser> _users = [];
    private readonly List<(LoadUser User, LoadClient Client)> _clients = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Prepares a run; starts nothing.</summary>
    /// <param name="site">The site's processes.</param>
    /// <param name="proxy">The proxy between them and storage.</param>
    /// <param name="account">Storage without the proxy.</param>
    /// <param name="prefix">Prefix of the site's names.</param>
    /// <param name="write">Hears of what happens.</param>
    public LoadRun(LoadOptions options, ISiteProcesses site, TcpProxy proxy, StorageAccount account, string prefix, Action<string> write)
    {
        (_options, _site, _proxy, _account, _prefix, _write) = (options, site, proxy, account, prefix, write);
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false }) { BaseAddress = site.Address, Timeout = s_requestTimeout };
        var tempo = new LoadTempo(options.Pause, HasBatches: options.Pause == TimeSpan.Zero, new Strictness(options.IsDisturbed));
        for (var i = 0; i < options.Users; i++)
            _users.Add(new LoadUser(i, _http, Recorder, Differences));
        for (var i = 0; i < options.Clients; i++)
            _clients.Add((_users[i % _users.Count], new LoadClient(_users[i % _users.Count], i, options.Seed, tempo)));
    }

    /// <summary>The recorded results of clients.</summary>
    public LoadRecorder Recorder { get; } = new();

    /// <summary>The differences from what clients know.</summary>
    public Differences Differences { get; } = new();

    /// <summary>Rows that nothing refers to and nobody can reach: the leftovers of a kill during the creation of an entry.</summary>
    public int Leftovers { get; private set; }

    /// <summary>Storage requests for each request of clients.</summary>
    public double TransactionsPerRequest { get; private set; }

    /// <summary>Requests of clients in a second.</summary>
    public double RequestsPerSecond { get; private set; }

    /// <summary>Starts the site and makes its users.</summary>
    public async Task PrepareAsync()
    {
        _site.Launch();
        await _site.AwaitAnswerAsync();
        await ConfigureAsync();
        await BoundedParallel.ForEachAsync(_users, 4, (user, _) => user.PrepareAsync());
        await MoveUsersToRelayAsync();
        await BoundedParallel.ForEachAsync(_clients, 4, (c, _) => c.Client.PrepareAsync());
    }

    /// <summary>Runs the clients.</summary>
    /// <param name="watch">Observes the run, until it is cancelled.</param>
    public async Task WorkAsync(Func<CancellationToken, Task>? watch = null)
    {
        var (requests, transactions) = (Recorder.Requests, _proxy.Requests);
        var start = Stopwatch.GetTimestamp();
        using var end = new CancellationTokenSource(_options.Time);
        var disturbances = new Disturbances(_site, _proxy, Note);
        var random = new Random(_options.Seed);
        var watching = disturbances.WatchAsync(end.Token);
        var looking = watch?.Invoke(end.Token) ?? Task.CompletedTask;
        var disturbing = _options.HasOutages ? disturbances.DisturbAsync(_options.Windows ?? FaultPlan.Draw(random, _options.Time), end.Token) : Task.CompletedTask;
        var killing = _options.HasKills
            ? disturbances.KillAsync(new Random(_options.Seed + 1), _options.KillInterval.Shortest, _options.KillInterval.Longest, end.Token)
            : Task.CompletedTask;
        var working = _clients.ConvertAll(c => Task.Run(() => c.Client.RunAsync(end.Token)));
        await Task.WhenAll([disturbing, killing, watching, looking]);
        _proxy.BreakConnections();
        await Task.WhenAll(working);
        RequestsPerSecond = (Recorder.Requests - requests) / Stopwatch.GetElapsedTime(start).TotalSeconds;
        TransactionsPerRequest = (double)(_proxy.Requests - transactions) / Math.Max(1, Recorder.Requests - requests);
        if (disturbances.UnwantedEnds > 0)
            Differences.Add($"the host ended by itself {disturbances.UnwantedEnds} times");
        if (!_options.IsDisturbed)
            JudgeErrors();
    }

    /// <summary>Ends the site, cleans up, starts it again, and compares everything.</summary>
    public async Task CheckAsync()
    {
        await _site.AwaitAnswerAsync();
        await Parallel.ForEachAsync(_clients.Where(c => c.Client.Model.Nodes.Exists(n => !n.IsCertain)), async (c, _) => await c.Client.ResolveAsync());
        await _site.KillAsync();
        await using (var rest = new SiteRest(_account, _prefix, line => Note("timer: " + line)))
        {
            await rest.CleanUpAsync();
            Judge(await rest.CheckAsync());
        }
        Note("cleaned up and compared tables and blobs");
        _site.Launch();
        await _site.AwaitAnswerAsync();
        await BoundedParallel.ForEachAsync(
            _users,
            4,
            (user, _) => new DriveCheck(user, [.. _clients.Where(c => c.User == user).Select(c => c.Client.Model)]).RunAsync());
        Note("compared all drives with what clients know");
    }

    /// <summary>The measurements, as lines.</summary>
    public IEnumerable<string> Report() => LoadReport.Of(this);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Judge(IReadOnlyList<IntegrityFinding> findings)
    {
        foreach (var finding in findings)
        {
            // Rows of an entry whose creation was interrupted before it had a name.
            if (_options.IsDisturbed && finding.Text.EndsWith("belongs to no entry.", StringComparison.Ordinal))
                Leftovers++;
            else
                Differences.Add($"integrity: {finding.Kind}: {finding.Text}");
        }
    }

    private void JudgeErrors()
    {
        foreach (var (operation, record) in Recorder.Operations)
        {
            foreach (var (result, count) in record.Results.Where(r => r.Key is "-1" or "50001" || !int.TryParse(r.Key, out _)))
                Differences.Add($"{operation} answered '{result}' {count} times although nothing was disturbed");
        }
    }

    private void Note(string text) => _write($"  {_clock.Elapsed.TotalSeconds,6:F1} s  {text}");

    /// <summary>Small chunks, and a group whose content passes through the app.</summary>
    private async Task ConfigureAsync()
    {
        var catalog = new SiteCatalog(new StorageLayout(_account, _prefix), TimeProvider.System);
        var direct = await catalog.GetPolicyAsync(StoragePolicy.DefaultId);
        var group = await catalog.GetGroupAsync(Group.UserId);
        await catalog.SavePolicyAsync(direct with { Settings = direct.Settings with { ChunkSize = SmallChunk } });
        await catalog.SavePolicyAsync(direct with { Id = RelayPolicyId, Settings = direct.Settings with { ChunkSize = SmallChunk, Relay = true } });
        await catalog.SaveGroupAsync(group with { Id = RelayGroupId, Name = "Relay", StoragePolicyId = RelayPolicyId });
        // What a process knows of them is a minute old at most.
        await _site.KillAsync();
        _site.Launch();
        await _site.AwaitAnswerAsync();
    }

    /// <summary>Every other user uploads through the app.</summary>
    private async Task MoveUsersToRelayAsync()
    {
        var layout = new StorageLayout(_account, _prefix);
        var ids = new IdAllocator(layout);
        var store = new UserStore(layout, ids, new DriveRoots(layout, TimeProvider.System), TimeProvider.System);
        foreach (var user in _users.Where(u => u.Index % 2 == 1))
        {
            var account = await store.FindByEmailAsync(user.Email) ?? throw new InvalidOperationException($"{user.Email} did not sign up.");
            await store.UpdateAsync(account.Id, u => u with { GroupId = RelayGroupId });
        }
    }
}
