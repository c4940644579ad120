using System.Globalization;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Uploads.Writes;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>What becomes of files that are written together when their process or the storage stops for a while.</summary>
public sealed class FileGroupTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const int Files = 20;

    /// <summary>Batches of a group in one folder: intents, charge, entities, id rows, files.</summary>
    private const int CommitBatch = 5;

    [Fact]
    public async Task Given_a_process_suspended_before_the_commit_when_its_writes_were_undone_then_no_file_is_reported()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var batches = 0;
        UploadSite? group = null;
        group = site.Restart(call =>
        {
            if (call.Resource == "$batch" && Interlocked.Increment(ref batches) == CommitBatch)
                Suspend(site, group!);
            return StorageFault.None;
        });

        var written = await WriteAsync(group, CancellationToken.None);

        Assert.Equal(Files, written.Count);
        Assert.All(written, file => Assert.True(file.IsLeft));
        Assert.Null(await site.FindAsync("/f00"));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_process_suspended_between_blobs_when_its_writes_were_undone_then_it_stores_no_more()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var blobs = 0;
        UploadSite? group = null;
        group = site.Restart(call =>
        {
            if (IsBlob(site, call) && Interlocked.Increment(ref blobs) == Files - 10)
                Suspend(site, group!);
            return StorageFault.None;
        });

        var written = await WriteAsync(group, CancellationToken.None);

        Assert.All(written, file => Assert.True(file.IsLeft));
        // Calls that were on their way arrive; the check of the site finds what they leave after so long.
        Assert.True(blobs < Files, $"{blobs} blobs");
        Assert.Null(await site.FindAsync("/f00"));
    }

    [Fact]
    public async Task Given_a_cancelled_group_with_a_call_without_an_answer_when_it_takes_effect_late_then_nothing_is_left()
    {
        var site = await UploadSite.CreateAsync(azurite);
        using var cancelled = new CancellationTokenSource();
        var first = "";
        var writer = site.Restart(call =>
        {
            if (!IsBlob(site, call))
                return StorageFault.None;
            cancelled.Cancel();
            Interlocked.CompareExchange(ref first, call.Uri.AbsolutePath, "");
            return call.Uri.AbsolutePath == first ? StorageFault.Unavailable : StorageFault.None;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => WriteAsync(writer, cancelled.Token));

        var folder = (await site.Drive.Tree.ByPath.FindFolderIdAsync(DriveSite.Owner, DriveSite.Path("/")))!.Value;
        var group = Assert.Single(await site.Drive.Get<WriteIntents>().ReadAsync(folder, default).ToListAsync());
        Assert.Equal((WriteState.Closed, Files), (group.State, group.Files.Count));
        var late = Assert.Single(group.Files, file => Uri.UnescapeDataString(first).EndsWith("/" + file.Source, StringComparison.Ordinal));
        await site.Layout.Container(site.Layout.FilesContainerName).WriteAsync(late.Source, BinaryData.FromBytes(new byte[3]));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    [Fact]
    public async Task Given_a_name_that_is_taken_before_the_commit_when_written_together_then_the_others_are_a_group_again()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var batches = 0;
        var group = site.Restart(call =>
        {
            if (call.Resource == "$batch" && Interlocked.Increment(ref batches) == CommitBatch)
                Task.Run(() => site.WriteAsync("/f07", UploadSite.Bytes(10))).Wait();
            return StorageFault.None;
        });

        var written = await WriteAsync(group, CancellationToken.None);

        Assert.Equal([7], Enumerable.Range(0, Files).Where(i => written[i].IsLeft));
        Assert.Equal(10, (await site.FindAsync("/f07"))!.Size);
        Assert.Equal((30 * (Files - 1)) + 10, await site.Drive.UsedAsync());
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    /// <summary>Each character of these names takes two in JSON.</summary>
    [Fact]
    public async Task Given_groups_of_the_longest_names_when_added_then_they_are_read_as_they_were()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var groups = Enumerable.Range(0, 4).Select(_ => new WriteIntent
        {
            Id = Guid.NewGuid(),
            OwnerId = DriveSite.Owner,
            FolderId = 5,
            FileId = 0,
            IsNewFile = true,
            Size = 7,
            PolicyId = 1,
            Group = [.. Enumerable.Range(0, WriteGroup.MostFiles).Select(i => new IntendedFile(i + 1, i, 1L << 40, new string('"', 1024)))],
        }).ToList();

        var added = await site.Drive.Get<WriteIntents>().AddAllAsync(5, groups, CancellationToken.None);

        var read = await site.Drive.Get<WriteIntents>().ReadAsync(5, default).ToDictionaryAsync(intent => intent.Id);
        Assert.Equal(4, read.Count);
        Assert.All(added, group => Assert.Equal((group.ETag, group.Size, 0L, true), (read[group.Id].ETag, read[group.Id].Size, read[group.Id].FileId, read[group.Id].IsNewFile)));
        Assert.All(groups, group => Assert.Equal(group.Files, read[group.Id].Files));
    }

    /// <summary>The quota is looked at while the blob is being sent.</summary>
    [Fact]
    public async Task Given_a_refused_write_whose_blob_has_no_answer_when_it_takes_effect_late_then_nothing_is_left()
    {
        var site = await UploadSite.CreateAsync(azurite);
        site.MaxStorage = 10;
        using var sent = new ManualResetEventSlim();
        var reads = 0;
        var writer = site.Restart(call =>
        {
            if (IsBlob(site, call))
            {
                sent.Set();
                return StorageFault.Unavailable;
            }
            // The total is read before the blob is begun, and then the operation.
            if (call.Resource == site.Layout.Quotas.Name && Interlocked.Increment(ref reads) == 2)
                sent.Wait(TimeSpan.FromSeconds(30));
            return StorageFault.None;
        });

        await Assert.ThrowsAsync<CloudreveException>(() => writer.WriteAsync("/f", UploadSite.Bytes(30)));

        var folder = (await site.Drive.Tree.ByPath.FindFolderIdAsync(DriveSite.Owner, DriveSite.Path("/")))!.Value;
        var late = Assert.Single(await site.Drive.Get<WriteIntents>().ReadAsync(folder, default).ToListAsync());
        await site.Layout.Container(site.Layout.FilesContainerName).WriteAsync(late.Source, BinaryData.FromBytes(new byte[30]));
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    /// <summary>Eight messages are sent at a time, and each is tried six times: no more than eight can fail.</summary>
    [Fact]
    public async Task Given_messages_that_fail_when_files_are_written_together_then_other_files_have_theirs()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var queue = site.Layout.Queue(site.Layout.ThumbnailsQueueName);
        await queue.CreateIfNotExistsAsync();
        var calls = 0;
        var group = site.Restart(call =>
            call.Service == StorageService.Queue && Interlocked.Increment(ref calls) <= 48 ? StorageFault.Unavailable : StorageFault.None);

        var written = await WriteAsync(group, CancellationToken.None, ".jpg");

        Assert.DoesNotContain(written, file => file.File is null);
        Assert.InRange((await queue.ReceiveAsync(32, TimeSpan.FromMinutes(1))).Count, Files - 8, Files - 1);
        await site.RecoverAsync();
        await site.AssertExactAsync();
    }

    private static bool IsBlob(UploadSite site, StorageCall call) =>
        call is { Service: StorageService.Blob, Method: "PUT" } && call.Uri.AbsolutePath.Contains($"/{site.Layout.FilesContainerName}/", StringComparison.Ordinal);

    /// <summary>The process stands still for an hour, while others undo its writes and forget them.</summary>
    private static void Suspend(UploadSite site, UploadSite suspended)
    {
        suspended.Drive.Wait(TimeSpan.FromHours(1));
        Task.Run(async () =>
        {
            var other = site.Restart();
            for (var run = 0; run < 3; run++)
            {
                other.Drive.Wait(TimeSpan.FromMinutes(20));
                await other.Drive.Get<WriteSettlement>().RunAsync();
            }
        }).Wait();
    }

    private static Task<IReadOnlyList<GroupedWrite>> WriteAsync(UploadSite site, CancellationToken cancellationToken, string extension = "") => site.Drive.Get<FileGroupWriter>().WriteAsync(
        site.Caller,
        [.. Enumerable.Range(0, Files).Select(i => new GroupedFile(
            DriveSite.Path(string.Create(CultureInfo.InvariantCulture, $"/f{i:d2}{extension}")), DateTimeOffset.UnixEpoch, UploadSite.Bytes(30)))],
        cancellationToken);
}
