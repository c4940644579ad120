using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Downloads;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.RemoteDownloads;

/// <summary>Downloads from sites that do not do what they say.</summary>
public sealed class UnreliableSiteTests(AzuriteServer azurite)
{
    private static readonly byte[] s_content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 / 1000))];

    [Fact]
    public async Task Given_a_site_that_begins_anew_each_time_when_it_breaks_off_again_and_again_then_the_download_ends()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content) { IgnoresRanges = true };
        for (var i = 0; i < 40; i++)
            server.Cuts.Enqueue(200_000);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Error, "The other site cannot continue the download.", 0), (task.Status, task.Error, task.RetryCount));
        // Two that were to be continued, two that were to be whole, and the one that is refused.
        Assert.Equal([0, 0, 0, 0, 0], server.Starts);
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_site_whose_file_changes_each_time_when_it_breaks_off_again_and_again_then_the_download_ends()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content);
        server.During = () =>
        {
            server.ETag = $"\"changed {server.Starts.Count}\"";
            return Task.CompletedTask;
        };
        for (var i = 0; i < 40; i++)
            server.Cuts.Enqueue(200_000);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Error, "The other site cannot continue the download."), (task.Status, task.Error));
        Assert.Equal([0, 0, 0, 0, 0], server.Starts);
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_site_that_begins_anew_each_time_when_all_comes_at_last_then_it_is_the_file()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content) { IgnoresRanges = true };
        for (var i = 0; i < 3; i++)
            server.Cuts.Enqueue(200_000);

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Completed, null), (task.Status, task.Error));
        Assert.Equal([0, 0, 0, 0], server.Starts);
        Assert.Equal(s_content, await site.ReadAsync("/out/a"));
        await site.SettleDownloadsAsync();
    }

    [Fact]
    public async Task Given_a_site_that_cannot_resume_when_it_sends_little_then_its_turn_ends_long_before_the_time_for_the_whole()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content) { ETag = null };
        var task = Assert.Single(await site.AcceptDownloadsAsync(server.Address + "a"));
        var (isReading, isPast) = (false, false);
        for (var bytes = 100_000; bytes < 200_000; bytes += 100)
        {
            server.Pauses.Enqueue((bytes, async () =>
            {
                if (isPast)
                    return;
                // Progress shows that the time of the response has begun.
                isReading = (await site.TaskAsync(task.Id)).Download is { Downloaded: > 0 };
                isPast = isReading;
                site.Clock.Advance(TimeSpan.FromSeconds(isReading ? 46 : 2));
                await Task.Delay(20);
            }
            ));
        }

        await (await site.StartDownloadAsync(task)).RunAsync(site.Activities());

        var ended = await site.TaskAsync(task.Id);
        Assert.Equal((WorkflowTaskStatus.Error, "The other site sends too slowly.", 0), (ended.Status, ended.Error, ended.RetryCount));
        Assert.Equal([0], server.Starts);
        Assert.Null(await site.ReadAsync("/out/a"));
    }

    [Fact]
    public async Task Given_a_part_that_does_not_tell_the_size_of_the_file_when_it_is_downloaded_then_the_whole_file_is_asked_for()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content) { IsLengthUnknown = true, MostBytes = 120_000 };

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Completed, s_content.Length), (task.Status, task.Download!.Total));
        Assert.Equal(s_content, await site.ReadAsync("/out/a"));
    }

    [Fact]
    public async Task Given_a_site_that_sends_only_such_parts_when_it_is_downloaded_then_the_task_ends_and_there_is_no_file()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content) { IsLengthUnknown = true, MostBytes = 120_000, SendsPartsAlone = true };

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal((WorkflowTaskStatus.Error, "The other site responded with status 206.", 0), (task.Status, task.Error, task.RetryCount));
        Assert.Null(await site.ReadAsync("/out/a"));
    }

    [Fact]
    public async Task Given_a_name_as_long_as_headers_may_be_when_the_file_is_downloaded_then_its_beginning_and_extension_are_kept()
    {
        await using var site = await DownloadSite.CreateAsync(azurite);
        await using var server = new RangeServer(s_content)
        {
            Headers = { ["Content-Disposition"] = $"attachment; filename=\"{new string('n', 50_000)}.txt\"" },
        };

        var task = await site.DownloadAsync(server.Address + "a");

        Assert.Equal(new string('n', 251) + ".txt", task.Download!.Name);
        Assert.Equal(s_content, await site.ReadAsync("/out/" + task.Download.Name));
    }
}
