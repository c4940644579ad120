using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Locks;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

public sealed class UploadTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_new_file_when_it_is_uploaded_directly_then_it_costs_path_plus_8_and_then_11()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = UploadSite.Bytes(250);
        await site.UploadAsync("/folder/warm", content);

        var (session, begun) = await CountAsync(site, () => site.BeginAsync("/folder/file", content.Length));
        await site.StageAsync(session, content);
        var (_, finished) = await CountAsync(site, async () =>
        {
            var read = await site.Drive.Get<UploadSessions>().GetAsync(session.Id);
            await site.Drive.Get<UploadCompletion>().CompleteAsync(read with { PlaceholderETag = session.PlaceholderETag });
            return 0;
        });

        // The path has depth 2, so 3 is its price; the callback that follows completion reads the session, which makes 12 of 13.
        Assert.Equal(3 + 8, begun);
        Assert.Equal(11, finished);
        Assert.Equal(content, await site.ReadAsync((await site.FindAsync("/folder/file"))!));
    }

    [Fact]
    public async Task Given_a_file_when_a_version_replaces_none_of_its_own_then_it_costs_what_a_new_file_does()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = UploadSite.Bytes(250);
        await site.UploadAsync("/folder/file", content);

        var (session, begun) = await CountAsync(site, () => site.BeginAsync("/folder/file", content.Length, overwrites: true));
        await site.StageAsync(session, content);
        var (_, finished) = await CountAsync(site, async () =>
        {
            await site.CompleteAsync(session.Id);
            return 0;
        });

        // The entity is written when the upload begins, because completion has to read the file.
        Assert.Equal(3 + 8, begun);
        Assert.Equal(11, finished);
    }

    [Fact]
    public async Task Given_a_changed_placeholder_when_the_upload_completes_with_its_old_version_then_it_stays()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = UploadSite.Bytes(10);
        var session = await site.BeginAsync("/file", content.Length);
        await site.StageAsync(session, content);
        await site.Drive.Tree.Updates.UpdateAsync(
            (await site.FindAsync("/file"))!, f => f with { Metadata = new Dictionary<string, string>(f.Metadata) { ["tag:x"] = "red" } });

        await site.Drive.Get<UploadCompletion>().CompleteAsync(session);

        var file = (await site.FindAsync("/file"))!;
        Assert.Equal(["tag:x"], file.Metadata.Keys);
        Assert.Equal(10, file.Size);
    }

    [Fact]
    public async Task Given_two_uploads_that_want_one_new_name_when_they_begin_at_once_then_one_leaves_nothing()
    {
        var site = await UploadSite.CreateAsync(azurite);
        for (var i = 0; i < 5; i++)
        {
            var path = $"/race{i}";
            var rivals = await Task.WhenAll(Enumerable.Range(0, 2).Select(async n =>
            {
                try
                {
                    return (await site.Restart().BeginAsync(path, 10 + n), ErrorCode.Ok);
                }
                catch (CloudreveException e)
                {
                    return ((UploadSession?)null, e.Code);
                }
            }));

            var winner = Assert.Single(rivals, r => r.Item1 is not null).Item1!;
            Assert.Contains(rivals.Single(r => r.Item1 is null).Item2, new[] { ErrorCode.LockConflict, ErrorCode.NameBeingUploaded });
            var content = UploadSite.Bytes((int)winner.Size);
            await site.StageAsync(winner, content);
            await site.CompleteAsync(winner.Id);
        }
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_an_upload_when_many_complete_and_cancel_it_at_once_then_it_is_either_whole_or_gone()
    {
        var site = await UploadSite.CreateAsync(azurite);
        for (var i = 0; i < 5; i++)
        {
            var content = UploadSite.Bytes(250);
            var session = await site.BeginAsync($"/file{i}", content.Length);
            await site.StageAsync(session, content);

            await Task.WhenAll(Enumerable.Range(0, 6).Select(async n =>
            {
                try
                {
                    if (n % 3 == 2)
                        await site.Drive.Get<UploadCancellation>().CancelAsync(session.Id, DriveSite.Owner);
                    else
                        await site.Restart().CompleteAsync(session.Id);
                }
                catch (CloudreveException)
                {
                    // The other side won.
                }
            }));

            if (await site.FindAsync($"/file{i}") is { } file)
                Assert.Equal(content, await site.ReadAsync(file));
        }
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_an_upload_whose_time_is_up_when_completed_then_its_session_has_expired()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = UploadSite.Bytes(250);
        var session = await site.BeginAsync("/late", content.Length);
        await site.StageAsync(session, content);
        var later = site.Restart();
        later.Drive.Wait(TimeSpan.FromDays(2));

        var error = await Assert.ThrowsAsync<CloudreveException>(() => later.CompleteAsync(session.Id));

        Assert.Equal(ErrorCode.UploadSessionExpired, error.Code);
        await site.RecoverAsync();
        Assert.Null(await site.FindAsync("/late"));
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_limit_of_versions_when_more_are_uploaded_then_the_oldest_go_with_their_bytes()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var kept = new List<long>();
        for (var size = 10; size <= 40; size += 10)
            kept.Add((await site.UploadAsync("/file", UploadSite.Bytes(size), overwrites: true)).PrimaryEntityId);

        var file = (await site.FindAsync("/file"))!;
        Assert.Equal(kept[3], file.PrimaryEntityId);
        Assert.Equal(kept[2], Assert.Single(file.OtherEntities).Id);
        Assert.Equal(70, await site.Drive.UsedAsync());
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Theory]
    [InlineData(true, 10, null, 10)]
    [InlineData(false, 10, null, 1)]
    [InlineData(true, 0, null, 0)]
    [InlineData(true, 5, "doc", 1)]
    [InlineData(true, 5, "TXT", 5)]
    public void Given_an_owners_rule_when_versions_are_kept_then_it_counts_for_the_listed_extensions(bool enabled, int max, string? extension, int kept)
    {
        var settings = new UserSettings { VersionRetentionEnabled = enabled, VersionRetentionMax = max, VersionRetentionExt = extension is null ? null : [extension] };

        Assert.Equal(kept, VersionRetention.KeptOf(settings, "a.txt"));
    }

    [Fact]
    public async Task Given_more_than_the_quota_when_an_upload_begins_then_it_is_refused_and_leaves_nothing()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.UploadAsync("/file", UploadSite.Bytes(100));

        var error = await Assert.ThrowsAsync<CloudreveException>(() => site.BeginAsync("/large", 999_901));

        Assert.Equal(ErrorCode.QuotaExceeded, error.Code);
        Assert.Equal(1, await Installation.CountRowsAsync(site.Drive.Layout.Uploads));
        await site.AssertExactAsync();
        await site.BeginAsync("/fits", 999_900);
    }

    [Theory]
    [InlineData(long.MaxValue, ErrorCode.FileTooLarge)]
    [InlineData(ChunkPlan.MaxBlob + 1, ErrorCode.FileTooLarge)]
    [InlineData(ChunkPlan.MaxBlob, ErrorCode.QuotaExceeded)]
    [InlineData(-1, ErrorCode.BadParameter)]
    [InlineData(long.MinValue, ErrorCode.BadParameter)]
    public async Task Given_a_size_that_no_sum_can_take_when_an_upload_begins_then_it_is_refused(long size, ErrorCode code)
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.UploadAsync("/file", UploadSite.Bytes(1));

        Assert.Equal(code, (await Assert.ThrowsAsync<CloudreveException>(() => site.BeginAsync("/large", size))).Code);

        Assert.Equal(1, await site.Drive.UsedAsync());
        Assert.Null(await site.FindAsync("/large"));
        if (code != ErrorCode.QuotaExceeded)
            await Assert.ThrowsAsync<CloudreveException>(async () => await site.Drive.Get<FileContentWriter>().WriteAsync(
                site.Caller, new ContentRequest(DriveSite.Path("/large"), size), Stream.Null));
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_locked_file_when_its_holder_writes_then_no_other_lock_is_needed_and_others_find_it()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.WriteAsync("/file", UploadSite.Bytes(10));
        var locks = site.Drive.Get<DriveLocks>();
        var held = new DriveLock
        {
            Token = "wopi-lock",
            OwnerId = DriveSite.Owner,
            Path = DriveSite.Path("/file"),
            Application = new LockApplication("viewer"),
            ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
        };
        await locks.AcquireAsync(await locks.ReadAsync(DriveSite.Owner), held);

        await Assert.ThrowsAsync<LockConflictException>(() => site.WriteAsync("/file", UploadSite.Bytes(11)));
        var request = new ContentRequest(DriveSite.Path("/file"), 12) { LockTokens = [held.Token] };
        var written = await site.Drive.Get<FileContentWriter>().WriteAsync(
            site.Caller, request, new MemoryStream(UploadSite.Bytes(12)));

        Assert.Equal(12, written.Size);
        Assert.Equal(held.Token, Assert.Single((await locks.ReadAsync(DriveSite.Owner)).Locks).Token);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(11)]
    public async Task Given_content_of_another_length_than_announced_when_written_then_the_file_stays(int length)
    {
        var site = await UploadSite.CreateAsync(azurite);
        var request = new ContentRequest(DriveSite.Path("/file"), 10);

        var error = await Assert.ThrowsAsync<CloudreveException>(async () => await site.Drive.Get<FileContentWriter>().WriteAsync(
            site.Caller, request, new MemoryStream(UploadSite.Bytes(length))));

        Assert.Equal(ErrorCode.BadContentLength, error.Code);
        Assert.Null(await site.FindAsync("/file"));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_an_upload_when_its_placeholder_is_deleted_then_completion_says_so()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var content = UploadSite.Bytes(250);
        var session = await site.BeginAsync("/file", content.Length);
        await site.StageAsync(session, content);
        var work = new DriveWork(DriveSite.Owner, new Actor(DriveSite.Owner)) { LockTokens = [session.LockToken] };
        await site.Drive.Operations.DeleteAsync(work, DriveSite.Path("/file"), keepBlobs: false);

        var error = await Assert.ThrowsAsync<CloudreveException>(() => site.CompleteAsync(session.Id));

        Assert.Equal(ErrorCode.PathNotFound, error.Code);
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_an_upload_when_it_begins_and_completes_then_the_log_hears_of_both()
    {
        var site = await UploadSite.CreateAsync(azurite);

        await site.UploadAsync("/file", UploadSite.Bytes(10));

        var rows = new List<Row>();
        await foreach (var row in site.Drive.Layout.Events.ScanAsync())
        {
            if (row.RowKey.StartsWith("e|", StringComparison.Ordinal))
                rows.Add(row);
        }
        Assert.Equal([(long)ActivityCategory.FileCreate, (long)ActivityCategory.EntityUploaded], rows.Select(r => r.RequiredNumber("c")));
    }

    private static async Task<(T Result, int Calls)> CountAsync<T>(UploadSite site, Func<Task<T>> act)
    {
        using StorageTransactionCounter.Measurement calls = site.Drive.Layout.Account.Transactions.Measure();
        await site.SettingsAsync();
        await site.Drive.Get<SiteCatalog>().GetPolicyAsync(StoragePolicy.DefaultId);
        var before = calls.Total;
        var result = await act();
        return (result, calls.Total - before);
    }
}
