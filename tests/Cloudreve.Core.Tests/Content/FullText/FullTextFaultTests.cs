using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.FullText.Extraction;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Site;
using Cloudreve.Testing.Azurite;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Cloudreve.Core.Tests.Content.FullText;

/// <summary>Tests that what goes wrong for one file or one writer does not stay with the index.</summary>
public sealed class FullTextFaultTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_pack_that_was_removed_before_it_was_named_when_more_texts_come_then_packs_merge_and_it_is_forgotten()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        await site.IndexAsync("/0.txt", "straw");
        var isCleared = false;
        var slow = site.Restart(call =>
        {
            if (!isCleared && call.Method == "PUT" && call.Uri.AbsolutePath.EndsWith("manifest.json", StringComparison.Ordinal))
            {
                isCleared = true;
                site.Blobs.ClearAsync(FullTextSite.Owner, default).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });
        await slow.IndexAsync("/lost.txt", "lost");
        var (before, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);

        var next = site.Restart();
        for (var i = 0; i < 20; i++)
            await next.IndexAsync($"/needle{i}.txt", "needle");

        var lost = Assert.Single(before.Packs).Name;
        Assert.True(isCleared);
        Assert.DoesNotContain(lost, await site.ListBlobsAsync());
        var (after, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);
        Assert.InRange(after.Packs.Count, 1, 6);
        Assert.DoesNotContain(lost, after.Packs.Select(pack => pack.Name));
        Assert.Equal(20, (await site.Restart().Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, "needle", 0)).Total);
    }

    [Fact]
    public async Task Given_no_place_for_documents_when_a_file_is_to_be_indexed_then_its_message_comes_again_later()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        await site.Layout.Queue(site.Layout.ThumbnailsQueueName).CreateIfNotExistsAsync();
        var file = await site.AddTextAsync("/a.txt", "needle");
        var clock = new FakeTimeProvider();
        using var extraction = new TextExtraction(clock);
        var load = new TaskCompletionSource<byte[]>();
        var others = Enumerable.Range(0, 2).Select(_ => extraction.RunAsync(_ => load.Task, PlainText.ReadAsync, default)).ToList();
        var sent = new List<string>();
        var busy = site.Restart(
            call =>
            {
                if (call is { Service: StorageService.Queue, Method: "POST" })
                    sent.Add(call.Uri.Query);
                return StorageFault.None;
            },
            extraction);

        var indexing = busy.Indexing.IndexAsync(FullTextSite.Settings, file);
        while (!indexing.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.WhenAny(indexing, Task.Delay(10));
        }
        await indexing;

        Assert.Contains("visibilitytimeout=600", Assert.Single(sent), StringComparison.Ordinal);
        Assert.Empty((await site.ReadAsync(file)).Metadata);
        load.SetResult([]);
        await Task.WhenAll(others).ContinueWith(static _ => { }, TaskScheduler.Default);
        await busy.Indexing.IndexAsync(FullTextSite.Settings, file);
        Assert.Equal(["/a.txt"], await busy.FindAsync("needle"));
    }

    [Fact]
    public async Task Given_an_archived_blob_when_its_file_is_indexed_then_nothing_is_stored()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var blob = (await site.Entities.FindAsync(file.PrimaryEntityId))!.Source;
        await new BlobClient(azurite.ConnectionString, site.Layout.FilesContainerName, blob).SetAccessTierAsync(AccessTier.Archive);

        await site.Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.Empty((await site.ReadAsync(file)).Metadata);
        Assert.Empty(await site.ListBlobsAsync());
    }

    [Fact]
    public async Task Given_a_policy_of_another_service_when_a_file_of_it_is_indexed_then_nothing_is_stored()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var catalog = new SiteCatalog(site.Layout, TimeProvider.System);
        await catalog.SavePolicyAsync(await catalog.GetPolicyAsync(StoragePolicy.DefaultId) with { Driver = "s3" });

        await site.Restart().Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.Empty((await site.ReadAsync(file)).Metadata);
        Assert.Empty(await site.ListBlobsAsync());
    }

    [Fact]
    public async Task Given_storage_that_does_not_answer_when_a_file_is_indexed_then_its_message_comes_again()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var blob = (await site.Entities.FindAsync(file.PrimaryEntityId))!.Source;
        var down = site.Restart(call => call.Uri.AbsolutePath.EndsWith(blob, StringComparison.Ordinal) ? StorageFault.Unavailable : StorageFault.None);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => down.Indexing.IndexAsync(FullTextSite.Settings, file));
    }

    [Fact]
    public async Task Given_a_full_index_when_blobs_are_gone_then_their_words_go_and_the_next_text_is_indexed()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var gone = await site.IndexAsync("/gone.txt", "needle gone");
        await site.IndexAsync("/kept.txt", "needle kept");
        var (before, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);
        var settings = FullTextSite.With(("fts_max_index_size", $"{before.Size + 10}"));
        await site.Entities.DiscardAsync([gone.PrimaryEntityId]);

        var file = await site.IndexAsync("/new.txt", "needle new", settings);

        Assert.True(file.Metadata.ContainsKey(MetadataKeys.FullTextIndex));
        Assert.Equal(["/kept.txt", "/new.txt"], (await site.Restart().FindAsync("needle")).Order(StringComparer.Ordinal));
        var (after, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);
        Assert.Equal(2, after.Packs.Count);
        Assert.DoesNotContain(before.Packs[0].Name, await site.ListBlobsAsync());
    }

    [Fact]
    public async Task Given_a_pack_of_which_some_blobs_are_gone_when_the_index_is_full_then_the_others_are_still_found()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var kept = await site.AddTextAsync("/kept.txt", "");
        var texts = Enumerable.Range(0, 500).Select(i => new IndexedText(kept.PrimaryEntityId + i, $"needle word{i} other{i}"));
        Assert.True(await site.Index.AddAsync(FullTextSite.Owner, [.. texts], long.MaxValue, default));
        var (before, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);

        Assert.True(await site.Restart().Index.AddAsync(FullTextSite.Owner, [new IndexedText(1, "straw")], before.Size, default));

        var (after, _) = await site.Blobs.ReadManifestAsync(FullTextSite.Owner, default);
        Assert.Equal([1, 1], after.Packs.Select(pack => pack.Texts));
        Assert.Equal(["/kept.txt"], await site.Restart().FindAsync("needle"));
    }

    [Fact]
    public async Task Given_an_index_that_is_full_of_what_exists_when_content_changes_then_its_file_loses_the_mark()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.IndexAsync("/a.txt", "needle");
        var content = await site.AddEntityAsync("straw"u8.ToArray(), file.Id);
        file = await site.Tree.Updates.UpdateAsync(file, current => current with { PrimaryEntityId = content.Id });

        await site.Indexing.IndexAsync(FullTextSite.With(("fts_max_index_size", "10")), file);

        Assert.Empty((await site.ReadAsync(file)).Metadata);
        Assert.Single(await site.ListBlobsAsync(), blob => blob.StartsWith("texts/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_a_text_when_its_process_dies_as_it_is_written_then_its_blob_is_noted_to_have_one()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var dying = site.Restart(call => IsWriteOfText(call) ? StorageFault.CrashAfter : StorageFault.None);

        await Assert.ThrowsAsync<SimulatedCrashException>(() => dying.Indexing.IndexAsync(FullTextSite.Settings, file));

        Assert.Single(await site.ListBlobsAsync());
        Assert.True((await site.Entities.FindAsync(file.PrimaryEntityId))!.HasText);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_a_blob_that_is_recycled_while_it_is_indexed_when_its_text_is_written_then_it_does_not_stay(bool afterNote)
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.AddTextAsync("/a.txt", "needle");
        var blob = (await site.Entities.FindAsync(file.PrimaryEntityId))!.Source;
        var isGone = false;
        var slow = site.Restart(call =>
        {
            if (!isGone && (afterNote ? IsWriteOfText(call) : call.Uri.AbsolutePath.EndsWith(blob, StringComparison.Ordinal)))
            {
                isGone = true;
                site.Entities.DiscardAsync([file.PrimaryEntityId]).GetAwaiter().GetResult();
            }
            return StorageFault.None;
        });

        await slow.Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.True(isGone);
        Assert.DoesNotContain(await site.ListBlobsAsync(), name => name.StartsWith("texts/", StringComparison.Ordinal));
        Assert.Empty((await site.ReadAsync(file)).Metadata);
    }

    [Fact]
    public async Task Given_many_texts_with_many_lost_copies_when_they_are_searched_for_then_the_lookups_are_limited()
    {
        const long first = 1_000_000;
        var site = await FullTextSite.CreateAsync(azurite);
        var texts = Enumerable.Range(0, 120).Select(i => new IndexedText(first + i, "needle")).ToList();
        Assert.True(await site.Index.AddAsync(FullTextSite.Owner, texts, long.MaxValue, default));
        var rows = texts.SelectMany(text => Enumerable.Range(0, 25).Select(
            copy => new Row(FileKeys.IdBlock(text.EntityId), $"{FileKeys.Id(text.EntityId)}|{FileKeys.Id(first + copy)}")));
        foreach (var chunk in rows.GroupBy(row => row.PartitionKey).SelectMany(block => block.Chunk(100)))
        {
            var batch = new TableBatch(chunk[0].PartitionKey);
            foreach (var row in chunk)
                batch.Upsert(row);
            await site.Layout.Entities.SubmitAsync(batch);
        }

        using var search = site.Layout.Account.Transactions.Measure();
        var found = await site.Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, "needle", 0);

        Assert.Equal(0, found.Total);
        // The manifest; of five times twenty texts the references, and of each twenty ids.
        Assert.Equal(1 + 100 + 2_000, search.Total);
    }

    private static bool IsWriteOfText(StorageCall call) => call.Method == "PUT" && call.Uri.AbsolutePath.Contains("/texts/", StringComparison.Ordinal);
}
