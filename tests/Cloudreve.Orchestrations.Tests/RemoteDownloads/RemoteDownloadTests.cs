using System.Net;
using Cloudreve.Core.Content.RemoteDownloads;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Infrastructure.Outgoing;
using Cloudreve.Core.Site;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Core.Tasks;
using Cloudreve.Orchestrations.RemoteDownloads;
using Cloudreve.Orchestrations.Tests.Import;
using Cloudreve.Orchestrations.Tests.Replay;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads;

public sealed class RemoteDownloadTests(AzuriteServer azurite)
{
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 / 1000))];

    [Fact]
    public async Task Given_a_link_when_it_is_downloaded_then_the_file_is_in_the_folder_and_the_books_are_exact()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        var used = await site.UsedAsync();

        var task = await site.DownloadAsync(server.Address + "a%20b%3F.bin");

        Assert.Equal((WorkflowTaskStatus.Completed, null, "transfer"), (task.Status, task.Error, task.Phase));
        var download = task.Download!;
        Assert.Equal(("a b_.bin", "completed", s_content.Length, s_content.Length), (download.Name, download.State, download.Total, download.Downloaded));
        Assert.Equal([new DownloadFile(0, "a b_.bin", s_content.Length, 1)], download.Files);
        Assert.Equal(s_content, await site.ReadAsync("/out/a b_.bin"));
        Assert.Equal(used + s_content.Length, await site.UsedAsync());
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_site_that_breaks_off_when_it_can_resume_then_the_download_goes_on_where_it_ended()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        server.Cuts.Enqueue(200_000);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Completed, 0), (task.Status, task.RetryCount));
        Assert.Equal(2, server.Starts.Count);
        Assert.InRange(server.Starts.Last(), 1, 200_000);
        Assert.Equal(s_content, await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_file_that_changes_between_when_the_download_goes_on_then_it_is_the_new_file_alone()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        server.Cuts.Enqueue(200_000);
        server.During = () =>
        {
            (server.Content, server.ETag, server.During) = ([1, 2, 3], "\"2\"", null);
            return Task.CompletedTask;
        };

        await site.DownloadAsync(server.Address + "a");

        Assert.Equal((byte[])[1, 2, 3], await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_site_without_ranges_that_breaks_off_when_it_is_asked_again_then_all_is_downloaded_anew()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content) { ETag = null };
        server.Cuts.Enqueue(100_000);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Completed, null), (task.Status, task.Error));
        Assert.Equal([0, 0], server.Starts);
        Assert.Equal(s_content, await site.ReadAsync("/out/a"));
    }

    [Theory]
    [InlineData(404, 0, "The other site responded with status 404.")]
    [InlineData(503, 5, "The other site responded with status 503.")]
    public async Task Given_a_site_that_refuses_when_it_goes_on_so_then_the_task_ends_with_the_reason(int status, int retries, string error)
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        foreach (var _ in Enumerable.Range(0, 40))
            server.Failures.Enqueue(status);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Error, error, retries), (task.Status, task.Error, task.RetryCount));
        Assert.Null(await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://127.0.0.2/")]
    [InlineData("http://2852039166/latest/meta-data")]
    [InlineData("http://0251.0376.0251.0376/latest/meta-data")]
    [InlineData("http://0xA9FEA9FE/latest/meta-data")]
    [InlineData("http://[::ffff:169.254.169.254]/latest/meta-data")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://[64:ff9b::a9fe:a9fe]/")]
    [InlineData("http://user@10.0.0.1:8080/")]
    [InlineData("moved", "http://10.0.0.1/secret")]
    [InlineData("moved", "http://2852039166/latest/meta-data")]
    public async Task Given_a_link_or_a_redirect_to_a_private_address_when_it_is_downloaded_then_nobody_is_called(string link, string elsewhere = "")
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content) { Elsewhere = elsewhere };

        var task = await site.DownloadAsync(link == "moved" ? server.Address + link : link);

        Assert.Equal(
            (WorkflowTaskStatus.Error, "The link leads to an address that this site does not call.", 0), (task.Status, task.Error, task.RetryCount));
    }

    [Fact]
    public async Task Given_a_private_address_that_only_services_of_the_site_may_have_when_it_is_downloaded_then_nobody_is_called()
    {
        await using var site = await DownloadSite.CreateAsync(
            azurite, services => services.AddSingleton(OutgoingRules.Parse("127.0.0.1")).AddSingleton(new DownloadRules(OutgoingRules.None)));
        await using var server = new RangeServer(s_content);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Error, "The link leads to an address that this site does not call."), (task.Status, task.Error));
        Assert.Empty(server.Starts);
    }

    [Fact]
    public async Task Given_a_file_beyond_the_quota_when_it_is_downloaded_then_the_task_ends_before_a_byte_is_stored()
    {
        await using var site = await CreateAsync();
        await site.ChangeGroupAsync(group => group with { MaxStorage = 1_000 });
        await using var server = new RangeServer(s_content);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Error, "Your storage does not have enough space for the file."), (task.Status, task.Error));
        await site.SettleDownloadsAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Given_a_download_when_it_is_cancelled_or_deselected_while_it_runs_then_nothing_is_left_of_it(bool isCancelled)
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        // Half of the content is there when it happens.
        server.Cuts.Enqueue(150_000);
        server.During = async () =>
        {
            server.During = null;
            // Files can be selected once the download is known to run.
            while ((await site.TaskAsync(task.Id)).Phase != RemoteDownload.Monitoring)
                await Task.Delay(20);
            if (isCancelled)
                await site.Get<RemoteDownload>().CancelAsync(1, task.Id);
            else
                await site.Get<RemoteDownload>().SelectAsync(1, task.Id, new Dictionary<int, bool> { [0] = false });
        };

        await (await site.StartDownloadAsync(task)).RunAsync(site.Activities());

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal((isCancelled ? WorkflowTaskStatus.Canceled : WorkflowTaskStatus.Completed, null), (ended.Status, ended.Error));
        Assert.Null(await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
        var again = await Assert.ThrowsAsync<CloudreveException>(() => site.Get<RemoteDownload>().CancelAsync(1, task.Id));
        Assert.Equal(ErrorCode.NotFound, again.Code);
    }

    [Theory]
    [InlineData(ErrorCode.BadParameter)]
    [InlineData(ErrorCode.BadParameter, "magnet:?xt=urn:btih:1")]
    [InlineData(ErrorCode.BadParameter, "file:///etc/passwd")]
    [InlineData(ErrorCode.TooManyDownloads, "https://example.com/a", "https://example.com/b", "https://example.com/c")]
    public async Task Given_bad_links_when_they_are_requested_then_they_are_refused_and_there_is_no_task(ErrorCode code, params string[] links)
    {
        await using var site = await CreateAsync();

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptDownloadsAsync(links));

        Assert.Equal(code, refused.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(1, [], [], 10, null)).Tasks);
    }

    [Fact]
    public async Task Given_as_many_downloads_under_way_as_an_account_may_have_when_more_are_requested_then_they_wait_for_the_end_of_others()
    {
        await using var site = await CreateAsync();
        await site.Get<SettingStore>().SetAsync(new Dictionary<string, string> { [RemoteDownloadSetting.Workers.Key] = "3" });
        await site.AcceptDownloadsAsync("https://example.com/a", "https://example.com/b");

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptDownloadsAsync("https://example.com/c", "https://example.com/d"));
        var third = Assert.Single(await site.AcceptDownloadsAsync("https://example.com/c"));
        await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptDownloadsAsync("https://example.com/d"));
        await site.Get<RemoteDownload>().CancelAsync(1, third.Id);
        await (await site.StartDownloadAsync(third)).RunAsync(site.Activities());

        Assert.Equal(ErrorCode.TooManyDownloads, refused.Code);
        Assert.Single(await site.AcceptDownloadsAsync("https://example.com/d"));
    }

    [Fact]
    public async Task Given_a_group_with_more_links_than_workers_when_they_are_requested_at_once_then_all_are_accepted()
    {
        await using var site = await CreateAsync();
        await site.Get<SettingStore>().SetAsync(new Dictionary<string, string> { [RemoteDownloadSetting.Workers.Key] = "1" });

        Assert.Equal(2, (await site.AcceptDownloadsAsync("https://example.com/a", "https://example.com/b")).Count);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://example.com/a")]
    public async Task Given_a_redirect_to_another_scheme_when_it_is_downloaded_then_it_is_not_followed(string elsewhere)
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content) { Elsewhere = elsewhere };

        var task = await site.DownloadAsync(server.Address + "moved");

        Assert.Equal(
            (WorkflowTaskStatus.Error, "The link is redirected too often, or to an address that cannot be downloaded."), (task.Status, task.Error));
    }

    [Fact]
    public async Task Given_a_name_that_leads_elsewhere_later_when_the_download_resumes_then_the_new_address_is_refused()
    {
        var addresses = new Queue<string>(["127.0.0.1", "10.0.0.1"]);
        await using var site = await DownloadSite.CreateAsync(
            azurite, services => services.AddSingleton<ResolveHost>((_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(addresses.Dequeue())])));
        await using var server = new RangeServer(s_content);
        server.Cuts.Enqueue(200_000);

        var task = await site.DownloadAsync(server.Address.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + "a");

        Assert.Equal((WorkflowTaskStatus.Error, "The link leads to an address that this site does not call."), (task.Status, task.Error));
        Assert.Single(server.Starts);
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_download_that_takes_long_when_it_is_looked_at_then_its_bytes_and_speed_are_shown()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        DownloadStatus? seen = null;
        for (var bytes = 100_000; bytes < 200_000; bytes += 1_000)
        {
            server.Pauses.Enqueue((bytes, async () =>
            {
                site.Clock.Advance(seen is not { Downloaded: > 0 } ? TimeSpan.FromSeconds(2) : TimeSpan.Zero);
                await Task.Delay(20);
                seen = (await site.TaskAsync(task.Id)).Download is { Downloaded: > 0 } shown ? shown : seen;
            }
            ));
        }

        await (await site.StartDownloadAsync(task)).RunAsync(site.Activities());

        Assert.InRange(seen!.Downloaded, 100_000, 200_000);
        Assert.InRange(seen.DownloadSpeed, 1, 200_000);
        Assert.Equal((s_content.Length, "downloading"), (seen.Total, seen.State));
        Assert.Equal(s_content, await site.ReadAsync("/out/a"));
    }

    [Fact]
    public async Task Given_a_download_that_runs_when_it_is_cancelled_then_its_step_ends_without_the_rest()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        server.Pauses.Enqueue((100_000, async () =>
        {
            await site.Get<RemoteDownload>().CancelAsync(1, task.Id);
            await Pass(site);
        }
        ));

        await (await site.StartDownloadAsync(task)).RunAsync(site.Activities());

        Assert.Equal((WorkflowTaskStatus.Canceled, null), ((await site.TaskAsync(task.Id)).Status, (await site.TaskAsync(task.Id)).Error));
        Assert.Null(await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_download_that_waits_for_its_next_try_when_it_is_cancelled_then_it_ends_at_once()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        foreach (var _ in Enumerable.Range(0, 5))
            server.Failures.Enqueue(503);
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        var hub = await site.StartDownloadAsync(task);
        await hub.RunAsync(site.Activities(), () => hub.IsIdle && hub.Calls.Contains("SuspendTask"));
        Assert.Equal(WorkflowTaskStatus.Suspending, (await site.TaskAsync(task.Id)).Status);

        var cancelled = await site.Get<RemoteDownload>().CancelAsync(1, task.Id);
        await site.Get<RemoteDownloadWorkflow>().WakeAsync(new ReplayClient(hub), cancelled);
        // No timer fires while anything else is to do.
        await hub.RunAsync(site.Activities(), () => hub.IsIdle);

        Assert.Equal(WorkflowTaskStatus.Canceled, (await site.TaskAsync(task.Id)).Status);
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_task_that_was_not_started_when_it_is_cancelled_then_nobody_is_called()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        await site.Get<RemoteDownload>().CancelAsync(1, task.Id);

        await (await site.StartDownloadAsync(task)).RunAsync(site.Activities());

        Assert.Equal(WorkflowTaskStatus.Canceled, (await site.TaskAsync(task.Id)).Status);
        Assert.Empty(server.Starts);
    }

    [Fact]
    public async Task Given_a_file_of_unknown_length_when_it_is_downloaded_then_all_of_it_is_stored()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content) { IsLengthUnknown = true };

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Completed, s_content.Length), (task.Status, task.Download!.Total));
        Assert.Equal(s_content, await site.ReadAsync("/out/a"));
    }

    [Theory]
    [InlineData(true, "Your storage does not have enough space for the file.")]
    [InlineData(false, "The file is larger than the storage policy allows.")]
    public async Task Given_a_file_of_unknown_length_beyond_a_limit_when_it_is_downloaded_then_it_ends_there(bool isQuota, string error)
    {
        await using var site = await CreateAsync();
        if (isQuota)
            await site.ChangeGroupAsync(group => group with { MaxStorage = 200_000 });
        else
            await site.Get<SiteCatalog>().SavePolicyAsync(await site.Get<SiteCatalog>().GetPolicyAsync(1) with { MaxSize = 200_000 });
        await using var server = new RangeServer(s_content) { IsLengthUnknown = true };

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Error, error, 0), (task.Status, task.Error, task.RetryCount));
        Assert.Null(await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_an_empty_file_when_it_is_downloaded_then_it_is_stored()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer([]);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Completed, null), (task.Status, task.Error));
        Assert.Equal((byte[])[], await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_site_that_sends_small_parts_when_it_is_asked_again_then_the_file_is_made_of_all()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content) { MostBytes = 120_000 };

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Completed, 0), (task.Status, task.RetryCount));
        Assert.Equal([0, 120_000, 240_000], server.Starts);
        Assert.Equal(s_content, await site.ReadAsync("/out/a"));
    }

    [Theory]
    [InlineData("attachment; filename=\"b/../c.txt\"", "b_.._c.txt")]
    [InlineData("attachment; filename=x; filename*=UTF-8''%e2%82%ac%20rates.pdf", "\u20ac rates.pdf")]
    [InlineData("attachment; filename=\"..\"", "download")]
    [InlineData("inline", "a")]
    public async Task Given_a_name_of_the_site_when_the_file_is_downloaded_then_it_gets_that_name_cleaned(string disposition, string name)
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content) { Headers = { ["Content-Disposition"] = disposition } };

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal(name, task.Download!.Name);
        Assert.Equal(s_content, await site.ReadAsync("/out/" + name));
    }

    [Fact]
    public async Task Given_a_file_of_that_name_when_another_is_downloaded_then_it_is_a_new_version()
    {
        await using var site = await CreateAsync();
        await site.WriteAsync("/out/a", [9, 9]);
        var used = await site.UsedAsync();
        await using var server = new RangeServer([1, 2, 3]);

        await site.DownloadAsync(server.Address + "a");

        Assert.Equal((byte[])[1, 2, 3], await site.ReadAsync("/out/a"));
        Assert.InRange(await site.UsedAsync(), used + 1, used + 3);
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_small_file_when_it_is_downloaded_then_activities_and_transactions_are_as_documented()
    {
        await using var site = await CreateAsync();
        await using var server = new RangeServer(s_content);
        await site.DownloadAsync(server.Address + "first");
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        var hub = await site.StartDownloadAsync(task);
        using var measured = site.Layout.Account.Transactions.Measure();

        await hub.RunAsync(site.Activities());

        Assert.Equal(["StepRemoteDownload", "FinishRemoteDownload"], hub.Calls);
        Assert.Equal(38, measured.Total);
    }

    private static Task Pass(RunningSite site)
    {
        site.Clock.Advance(TimeSpan.FromSeconds(6));
        return Task.CompletedTask;
    }

    private Task<RunningSite> CreateAsync() => DownloadSite.CreateAsync(azurite);
}
