using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>Uploads whose start is interrupted: no client knows their ids, so nobody else would end them.</summary>
public sealed class CutOffUploadTests(AzuriteServer azurite)
{
    private const string File = "/file";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_request_cancelled_at_any_call_when_it_begins_an_upload_then_it_is_undone_at_once(bool overwrites)
    {
        var tries = await CrashMatrix.RunAsync(() => CreateAsync(overwrites), async (site, index) =>
        {
            using var stop = new CancellationTokenSource();
            var (calls, isArmed) = (0, false);
            var cancelled = site.Restart(_ =>
            {
                if (isArmed && calls++ == index)
                    stop.Cancel();
                return StorageFault.None;
            });
            var settings = await cancelled.SettingsAsync();
            await cancelled.Drive.Get<SiteCatalog>().GetPolicyAsync(StoragePolicy.DefaultId);
            isArmed = true;
            try
            {
                await cancelled.Drive.Get<UploadCreation>().BeginAsync(
                    cancelled.Caller, settings, new UploadRequest(DriveSite.Path(File), 250) { Overwrites = overwrites }, stop.Token);
                return calls > index;
            }
            catch (OperationCanceledException)
            {
                await AssertUndoneAsync(site, overwrites);
                return true;
            }
        });

        Assert.InRange(tries, 6, 40);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore, false)]
    [InlineData(StorageFault.CrashAfter, false)]
    [InlineData(StorageFault.CrashBefore, true)]
    [InlineData(StorageFault.CrashAfter, true)]
    public async Task Given_a_process_that_dies_while_an_upload_begins_when_minutes_pass_then_it_is_undone(
        StorageFault fault, bool overwrites)
    {
        var tries = await CrashMatrix.RunAsync(() => CreateAsync(overwrites), async (site, index) =>
        {
            var crash = new CrashPoint(index, fault);
            var dying = site.Restart(crash.Decide);
            await dying.SettingsAsync();
            await dying.Drive.Get<SiteCatalog>().GetPolicyAsync(StoragePolicy.DefaultId);
            crash.IsArmed = true;
            try
            {
                await dying.BeginAsync(File, 250, overwrites);
            }
            catch (SimulatedCrashException)
            {
                // The process is gone.
            }
            var later = site.Restart();
            later.Drive.Wait(TimeSpan.FromMinutes(6));
            await later.Drive.Get<UploadExpiry>().RunAsync();

            await AssertUndoneAsync(site, overwrites);
            return crash.Struck;
        });

        Assert.InRange(tries, 6, 40);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_an_upload_of_which_a_client_has_sent_something_when_it_is_reviewed_then_it_continues(bool isRelay)
    {
        var site = await UploadSite.CreateAsync(azurite, p => p with { Relay = isRelay });
        var content = UploadSite.Bytes(250);
        var session = await site.BeginAsync(File, content.Length);
        await SendAsync(site, session, content, [0]);

        Assert.Equal(0, await ReviewAsync(site));

        await SendAsync(site, session, content, [1, 2]);
        if (!isRelay)
            await site.CompleteAsync(session.Id);
        Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_an_upload_that_its_client_knows_when_reviewed_then_it_continues_without_content(bool overwrites)
    {
        var site = await CreateAsync(overwrites);
        var content = UploadSite.Bytes(250);
        var session = await site.BeginAsync(File, content.Length, overwrites);
        var answers = site.Drive.Get<UploadAnswers>();
        answers.Note(session);
        await answers.StoreAsync();

        Assert.Equal(0, await ReviewAsync(site));

        await site.StageAsync(session, content);
        await site.CompleteAsync(session.Id);
        Assert.Equal(content, await site.ReadAsync((await site.FindAsync(File))!));
    }

    [Fact]
    public async Task Given_a_process_that_ends_in_order_when_clients_know_their_uploads_then_it_has_noted_so()
    {
        var site = await CreateAsync(overwrites: false);
        var session = await site.BeginAsync(File, 250);
        var answers = site.Drive.Get<UploadAnswers>();
        answers.Note(session);

        await answers.DisposeAsync();

        Assert.True((await site.Drive.Get<UploadSessions>().GetAsync(session.Id)).IsAnswered);
    }

    [Fact]
    public async Task Given_an_upload_that_was_completed_when_answers_are_noted_then_it_costs_nothing()
    {
        var site = await CreateAsync(overwrites: false);
        var content = UploadSite.Bytes(250);
        var session = await site.BeginAsync(File, content.Length);
        var answers = site.Drive.Get<UploadAnswers>();
        answers.Note(session);
        await site.StageAsync(session, content);
        await site.CompleteAsync(session.Id);
        using var measured = site.Layout.Account.Transactions.Measure();

        await answers.StoreAsync();

        Assert.Equal(0, measured.Total);
    }

    private static async Task SendAsync(UploadSite site, UploadSession session, byte[] content, int[] chunks)
    {
        foreach (var index in chunks)
            await (session.IsRelay ? site.TakeAsync(session, index, content) : site.StageAsync(session, index, content));
    }

    private static async Task<int> ReviewAsync(UploadSite site)
    {
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromMinutes(6));
        return await later.Drive.Get<UploadExpiry>().RunAsync();
    }

    private async Task<UploadSite> CreateAsync(bool overwrites)
    {
        var site = await UploadSite.CreateAsync(azurite);
        if (overwrites)
            await site.WriteAsync(File, UploadSite.Bytes(30));
        return site;
    }

    private static async Task AssertUndoneAsync(UploadSite site, bool overwrites)
    {
        Assert.Equal(overwrites ? 30 : 0, await site.Drive.UsedAsync());
        Assert.Equal(overwrites ? 30 : null, (await site.FindAsync(File))?.Size);
        Assert.Empty((await site.Drive.Get<DriveLocks>().ReadAsync(DriveSite.Owner)).Locks);
        Assert.Empty(await site.Drive.Get<SiteIntegrity>().CheckAsync());
        await site.BeginAsync(File, 10, overwrites);
    }
}
