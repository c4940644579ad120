using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Activities.Streams;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Drive.Activities;

/// <summary>Event streams of folders (contract, section 26), over the rows that operations write.</summary>
public sealed class EventStreamsTests(AzuriteServer azurite)
{
    private const string Me = "6f0f1a3c-0000-4000-8000-000000000001";
    private const string Other = "6f0f1a3c-0000-4000-8000-000000000002";

    private static readonly EventStreamOptions s_options = new(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(14));

    [Fact]
    public async Task Given_a_subscription_when_others_change_its_subtree_then_it_hears_of_each_change()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.PutAsync("in/a");
        await site.PutAsync("in/sub/b");
        await site.PutAsync("in/gone");
        await site.PutAsync("out/c");
        var subscription = await SubscribeAsync(site, "in", Me);

        await ChangeAsync(site, Other, async (operations, work) =>
        {
            await operations.RenameAsync(work, DriveSite.Path("in/a"), "a2", _ => { });
            await operations.MoveAsync(work, DriveSite.Path("in/sub/b"), DriveSite.Path("out"));
            await operations.MoveAsync(work, DriveSite.Path("out/c"), DriveSite.Path("in/sub"));
            await operations.TrashAsync(work, DriveSite.Path("in/gone"), "cloudreve://my/in/gone", TimeSpan.FromDays(1));
            await operations.CreateAsync(work, DriveSite.Path("out/unseen"), new NewEntry(FileType.File), failIfExists: true);
        });

        Assert.Equal(
            ["Rename /a /a2", "Delete /sub/b /sub/b", "Create /sub/c /sub/c", "Delete /gone /gone"], await HearAsync(site, subscription));
    }

    [Fact]
    public async Task Given_changes_of_the_client_itself_when_it_listens_then_it_hears_of_those_of_others_only()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var subscription = await SubscribeAsync(site, "", Me);

        await CreateAsync(site, Me, "mine");
        await CreateAsync(site, Other, "theirs");

        Assert.Equal(["Create /theirs /theirs"], await HearAsync(site, subscription));
    }

    [Fact]
    public async Task Given_files_that_were_written_together_when_a_client_listens_then_it_hears_of_each_once()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var subscription = await SubscribeAsync(site, "", Me);
        var log = site.Get<ActivityLog>();
        var files = new List<NewFile>();
        foreach (var path in (string[])["in/a", "in/b", "c"])
            files.Add(new NewFile(await site.PutAsync(path), DriveSite.Path(path)));

        await log.AppendNewAsync(DriveSite.Owner, new Actor(DriveSite.Owner, Other), files);

        Assert.Equal(["Create /in/a /in/a", "Create /in/b /in/b", "Create /c /c"], await HearAsync(site, subscription, untilStored: true));
        await CreateAsync(site, Other, "last");
        Assert.Equal(["Create /last /last"], await HearAsync(site, await SubscribeAsync(site, "", Me, isKnown: true)));
    }

    [Fact]
    public async Task Given_what_was_heard_when_the_client_comes_back_then_it_hears_the_rest_once()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await CreateAsync(site, Other, "before");
        var subscription = await SubscribeAsync(site, "", Me);
        await CreateAsync(site, Other, "first");
        Assert.Equal(["Create /first /first"], await HearAsync(site, subscription, untilStored: true));

        await CreateAsync(site, Other, "while away");

        var again = await SubscribeAsync(site, "", Me, isKnown: true);
        Assert.Equal(["Create /while away /while away"], await HearAsync(site, again));
    }

    [Fact]
    public async Task Given_a_row_that_another_process_writes_late_when_newer_ones_were_heard_then_it_is_heard()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var slow = site.Restart();
        slow.Wait(TimeSpan.FromSeconds(-20));
        var subscription = await SubscribeAsync(site, "", Me);
        await CreateAsync(site, Other, "new");
        Assert.Equal(["Create /new /new"], await HearAsync(site, subscription, untilStored: true));

        await CreateAsync(slow, Other, "late");

        var again = await SubscribeAsync(site, "", Me, isKnown: true);
        Assert.Equal(["Create /late /late"], await HearAsync(site, again));
    }

    [Fact]
    public async Task Given_a_folder_that_is_moved_when_something_happens_in_it_then_the_stream_follows_it()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await site.MakeFolderAsync("a/in");
        await site.MakeFolderAsync("b");
        var subscription = await SubscribeAsync(site, "a/in", Me);

        await ChangeAsync(site, Other, async (operations, work) =>
        {
            await operations.RenameAsync(work, DriveSite.Path("a"), "z", _ => { });
            await operations.MoveAsync(work, DriveSite.Path("z/in"), DriveSite.Path("b"));
            await operations.CreateAsync(work, DriveSite.Path("b/in/x"), new NewEntry(FileType.File), failIfExists: true);
        });

        Assert.Equal(["Create /x /x"], await HearAsync(site, subscription));
    }

    [Fact]
    public async Task Given_a_client_that_was_away_too_long_when_it_comes_back_then_it_begins_again()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await SubscribeAsync(site, "", Me);
        await CreateAsync(site, Other, "old");
        site.Wait(TimeSpan.FromDays(15));

        await SubscribeAsync(site, "", Me, isKnown: false);
    }

    [Fact]
    public async Task Given_old_events_and_subscriptions_when_trimmed_then_young_ones_and_histories_stay()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await SubscribeAsync(site, "", Me);
        await CreateAsync(site, Other, "old");
        site.Wait(TimeSpan.FromDays(15));
        await CreateAsync(site, Other, "young");
        await SubscribeAsync(site, "", Other);

        await site.Get<EventStreams>().TrimAsync(DriveSite.Owner, TimeSpan.FromDays(14), TimeSpan.FromDays(180));

        var rows = await Installation.ReadPartitionAsync(site.Layout.Events, ActivityLog.Partition(DriveSite.Owner));
        Assert.Equal(1, rows.Count(row => row.RowKey.StartsWith(ActivityLog.TimePrefix, StringComparison.Ordinal)));
        Assert.Equal(2, rows.Count(row => row.RowKey.StartsWith(ActivityLog.FilePrefix, StringComparison.Ordinal)));
        Assert.Equal(Other, rows.Single(row => row.RowKey.StartsWith("s|", StringComparison.Ordinal)).RowKey.Split('|')[1]);
    }

    [Fact]
    public async Task Given_activities_of_files_that_are_too_old_when_a_drive_is_trimmed_then_they_go()
    {
        var site = await DriveSite.CreateAsync(azurite);
        await CreateAsync(site, Other, "old");
        site.Wait(TimeSpan.FromDays(15));

        await site.Get<EventStreams>().TrimAsync(DriveSite.Owner, TimeSpan.FromDays(14), TimeSpan.FromDays(14));

        Assert.Empty(await Installation.ReadPartitionAsync(site.Layout.Events, ActivityLog.Partition(DriveSite.Owner)));
    }

    [Fact]
    public async Task Given_silence_when_a_client_listens_then_it_gets_signs_of_life_until_the_stream_ends()
    {
        var site = await DriveSite.CreateAsync(azurite);
        var subscription = await SubscribeAsync(site, "", Me);
        var options = s_options with { KeepAlive = TimeSpan.FromMilliseconds(50), Lifetime = TimeSpan.FromSeconds(1) };

        var bundles = await site.Get<EventStreams>().ReadAsync(subscription, options).ToListAsync();

        Assert.NotEmpty(bundles);
        Assert.All(bundles, Assert.Empty);
    }

    private static async Task<EventSubscription> SubscribeAsync(DriveSite site, string folder, string client, bool? isKnown = null)
    {
        var path = DriveSite.Path(folder);
        var id = (await site.Tree.ByPath.GetAsync(DriveSite.Owner, path)).Id;
        var (subscription, known) = await site.Get<EventStreams>().SubscribeAsync(DriveSite.Owner, client, id, path, s_options);
        Assert.Equal(isKnown ?? known, known);
        return subscription;
    }

    private static Task CreateAsync(DriveSite site, string client, string path) => ChangeAsync(site, client, (operations, work) =>
        operations.CreateAsync(work, DriveSite.Path(path), new NewEntry(FileType.File), failIfExists: true));

    private static async Task ChangeAsync(DriveSite site, string client, Func<DriveOperations, DriveWork, Task> change)
    {
        var work = new DriveWork(DriveSite.Owner, new Actor(DriveSite.Owner, client));
        await change(site.Operations, work);
        await site.Operations.PublishAsync(work);
    }

    /// <summary>The first bundle that is not empty; with its receipt stored when the client continues listening a little.</summary>
    private static async Task<List<string>> HearAsync(DriveSite site, EventSubscription subscription, bool untilStored = false)
    {
        var options = untilStored ? s_options with { KeepAlive = TimeSpan.Zero } : s_options;
        var heard = new List<string>();
        await foreach (var events in site.Get<EventStreams>().ReadAsync(subscription, options))
        {
            if (heard.Count > 0)
                break;
            heard.AddRange(events.Select(e => $"{e.Type} {e.From} {e.To}"));
            if (heard.Count > 0 && !untilStored)
                break;
        }
        return heard;
    }
}
