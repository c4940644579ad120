using System.Text;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.FullText;

public sealed class FullTextSearchTests(AzuriteServer azurite)
{
    private const long Other = 8;

    [Fact]
    public async Task Given_indexed_texts_when_words_are_searched_for_then_files_with_all_of_them_are_quoted()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        await site.IndexAsync("/notes/a.txt", "The quick brown fox\njumps over the lazy dog.");
        await site.IndexAsync("/b.md", "# Foxes\nA fox is quick, a café is not.");
        await site.IndexAsync("/c.txt", "Nothing of it.");

        var found = await site.Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, "quick FOX", 0);

        Assert.Equal(2, found.Total);
        Assert.Equal(["/b.md", "/notes/a.txt"], found.Hits.Select(hit => hit.Path.ToString()).Order(StringComparer.Ordinal));
        var hit = found.Hits.Single(h => h.File.Name == "a.txt");
        Assert.Equal("The <em>quick</em> brown <em>fox</em>\njumps over the lazy dog.", hit.Content);
        Assert.Equal(["/notes/a.txt"], await site.FindAsync("\"brown fox\""));
        Assert.Equal(["/b.md"], await site.FindAsync("cafe"));
        Assert.Equal(["/notes/a.txt"], await site.FindAsync("laz"));
        Assert.Empty(await site.FindAsync("laz quick"));
        Assert.Empty(await site.FindAsync("\"quick fox\""));
        Assert.Empty(await site.FindAsync("!?"));
    }

    [Theory]
    [InlineData("全文検索")]
    [InlineData("検索")]
    [InlineData("全")]
    [InlineData("カタカナ")]
    [InlineData("ｶﾀｶﾅ")]
    [InlineData("검색")]
    public async Task Given_a_text_without_blanks_when_a_part_of_it_is_searched_for_then_it_is_found(string query)
    {
        var site = await FullTextSite.CreateAsync(azurite);
        await site.IndexAsync("/cjk.txt", "本サイトの全文検索はカタカナも검색합니다。");
        await site.IndexAsync("/else.txt", "検文索");

        Assert.Equal(["/cjk.txt"], (await site.FindAsync(query)).Take(1));
        Assert.DoesNotContain("/else.txt", await site.FindAsync("検索"));
    }

    [Fact]
    public async Task Given_an_indexed_file_when_its_place_changes_then_hits_follow_without_the_index()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.IndexAsync("/a.txt", "needle");
        var blobs = await site.ListBlobsAsync();

        await site.Tree.Updates.UpdateAsync(file, current => current with { Metadata = new Dictionary<string, string> { ["tag:x"] = "" } });
        Assert.Equal(["/a.txt"], await site.FindAsync("needle"));
        var copy = await site.Tree.Creation.CreateAsync(
            FullTextSite.Owner, FilePath.ParsePlain("/deep/er/b.bin"), new NewEntry(FileType.File) { EntityId = file.PrimaryEntityId, Size = file.Size }, failIfExists: true);
        await new Core.Content.Entities.EntityReferences(site.Layout, null!).AddAsync([new(file.PrimaryEntityId, copy.Id)]);

        Assert.Equal(["/a.txt", "/deep/er/b.bin"], (await site.FindAsync("needle")).Order(StringComparer.Ordinal));
        Assert.Equal(blobs, await site.ListBlobsAsync());
    }

    [Fact]
    public async Task Given_a_foreign_trashed_or_changed_file_when_it_is_searched_for_then_nothing_is_shown()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        await site.Tree.Roots.CreateAsync(Other);
        var file = await site.IndexAsync("/a.txt", "needle");
        Assert.Empty(await site.FindAsync("needle", Other));
        // Even an index that names the blob of another user shows nothing.
        var text = await site.AddTextAsync("/theirs.txt", "needle", Other);
        await site.Indexing.IndexAsync(FullTextSite.Settings, text with { OwnerId = FullTextSite.Owner });
        Assert.Equal(["/a.txt"], await site.FindAsync("needle"));

        var content = await site.AddEntityAsync("straw"u8.ToArray(), file.Id);
        await site.Tree.Updates.UpdateAsync(file, current => current with { PrimaryEntityId = content.Id });

        Assert.Empty(await site.FindAsync("needle"));
    }

    [Fact]
    public async Task Given_a_page_with_lost_hits_when_the_next_is_read_then_none_is_left_out_or_repeated()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var settings = FullTextSite.With(("fts_meilisearch_page_size", "2"));
        for (var i = 0; i < 6; i++)
            await site.IndexAsync($"/{i}.txt", "needle");
        foreach (var name in (string[])["/1.txt", "/4.txt"])
        {
            var gone = await site.Tree.ByPath.GetAsync(FullTextSite.Owner, FilePath.ParsePlain(name));
            await site.Tree.Updates.UpdateAsync(gone, current => current with { PrimaryEntityId = 1 });
        }

        var seen = new List<string>();
        FullTextHits page;
        do
        {
            page = await site.Search.SearchAsync(settings, FullTextSite.Owner, "needle", seen.Count);
            seen.AddRange(page.Hits.Select(hit => hit.Path.ToString()));
        }
        while (seen.Count < page.Total);

        Assert.Equal(["/0.txt", "/2.txt", "/3.txt", "/5.txt"], seen.Order(StringComparer.Ordinal));
        Assert.Empty((await site.Search.SearchAsync(settings, FullTextSite.Owner, "needle", 1_000_000)).Hits);
    }

    [Fact]
    public async Task Given_a_text_when_it_is_indexed_and_searched_for_then_the_transactions_are_these()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        await site.IndexAsync("/warm.txt", "warm");
        var file = await site.AddTextAsync("/f/a.txt", "needle");

        using var indexing = site.Layout.Account.Transactions.Measure();
        await site.Indexing.IndexAsync(FullTextSite.Settings, file);
        // Entity, content, the entity's mark, text, manifest, pack, manifest, the entity's mark again, the file's mark.
        Assert.Equal(9, indexing.Total);
        using var again = site.Layout.Account.Transactions.Measure();
        await site.Indexing.IndexAsync(FullTextSite.Settings, await site.ReadAsync(file));
        Assert.Equal(2, again.Total);
        using var warm = site.Layout.Account.Transactions.Measure();
        await site.FindAsync("needle");
        // Manifest, references, id, file, the folder's id and row, text.
        Assert.Equal(7, warm.Total);
        var other = site.Restart();
        using var cold = other.Layout.Account.Transactions.Measure();
        await other.FindAsync("needle");
        Assert.Equal(9, cold.Total);
        using var none = other.Layout.Account.Transactions.Measure();
        await other.FindAsync("straw");
        Assert.Equal(1, none.Total);
    }

    [Fact]
    public async Task Given_many_texts_when_indexed_one_by_one_then_packs_merge_and_lost_blobs_go()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var lost = await site.IndexAsync("/lost.txt", "needle lost");
        await site.Entities.DiscardAsync([lost.PrimaryEntityId]);
        for (var i = 0; i < 20; i++)
            await site.IndexAsync($"/{i}.txt", $"needle number{i}");

        var blobs = await site.ListBlobsAsync();
        Assert.InRange(blobs.Count(blob => blob.Contains("/packs/", StringComparison.Ordinal)), 1, 6);
        var other = site.Restart();
        Assert.Equal(20, (await other.Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, "needle", 0)).Total);
        Assert.Equal(["/13.txt"], await other.FindAsync("number13"));
    }

    [Fact]
    public async Task Given_several_processes_when_they_index_files_of_one_user_at_once_then_none_is_lost()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var files = new List<FileRecord>();
        for (var i = 0; i < 12; i++)
            files.Add(await site.AddTextAsync($"/{i}.txt", "needle"));
        var processes = Enumerable.Range(0, 3).Select(_ => site.Restart()).ToList();

        await Task.WhenAll(files.Select((file, i) => processes[i % 3].Indexing.IndexAsync(FullTextSite.Settings, file)));

        Assert.Equal(12, (await site.Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, "needle", 0)).Total);
    }

    [Fact]
    public async Task Given_an_index_as_large_as_allowed_when_a_text_comes_then_it_is_not_indexed()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var file = await site.IndexAsync("/a.txt", "needle", FullTextSite.With(("fts_max_index_size", "10")));

        Assert.Empty(file.Metadata);
        Assert.Empty(await site.ListBlobsAsync());
        Assert.Empty(await site.FindAsync("needle"));
    }

    [Fact]
    public async Task Given_what_is_no_text_or_encrypted_when_it_is_indexed_then_nothing_is_stored()
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var zeros = await site.AddAsync("/zeros.txt", [65, 0, 65]);
        var picture = await site.AddTextAsync("/a.jpg", "needle");
        var secret = await site.AddTextAsync("/secret.txt", "needle");
        var entity = await site.AddEntityAsync("needle"u8.ToArray(), secret.Id, encryption: "{}");
        secret = await site.Tree.Updates.UpdateAsync(secret, current => current with { PrimaryEntityId = entity.Id });

        foreach (var file in (FileRecord[])[zeros, picture, secret])
            await site.Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.Empty(await site.ListBlobsAsync());
        Assert.False(FullTextIndexing.IsPossible(FullTextSite.Settings, picture));
        Assert.False(FullTextIndexing.IsPossible(new(new Dictionary<string, string>()), zeros));
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("iso-8859-1")]
    public async Task Given_a_text_of_some_encoding_when_it_is_indexed_then_its_words_are_found(string encoding)
    {
        var site = await FullTextSite.CreateAsync(azurite);
        var codes = Encoding.GetEncoding(encoding);
        var file = await site.AddAsync("/a.csv", [.. codes.GetPreamble(), .. codes.GetBytes("eins;Straße;Grün")]);

        await site.Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.Equal(["/a.csv"], await site.FindAsync("grün strasse"));
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("  ", 0)]
    [InlineData("a", -1)]
    public async Task Given_a_malformed_search_when_it_is_sent_then_it_is_refused(string? query, int offset)
    {
        var site = await FullTextSite.CreateAsync(azurite);

        var refusal = await Assert.ThrowsAsync<CloudreveException>(() => site.Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, query, offset));

        Assert.Equal(ErrorCode.BadParameter, refusal.Code);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_a_text_is_indexed_when_the_message_comes_again_then_it_is_found_once(StorageFault fault)
    {
        await AtEveryCallAsync(fault, async site =>
        {
            await site.IndexAsync("/a.txt", "straw");
            return await site.AddTextAsync("/b.txt", "needle");
        });
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    public async Task Given_a_crash_while_packs_are_merged_when_the_message_comes_again_then_nothing_is_lost(StorageFault fault)
    {
        var tries = await AtEveryCallAsync(fault, async site =>
        {
            for (var i = 0; i < 3; i++)
                await site.IndexAsync($"/straw{i}.txt", "straw");
            return await site.AddTextAsync("/b.txt", "needle");
        });

        Assert.InRange(tries, 18, 30);
    }

    private async Task<int> AtEveryCallAsync(StorageFault fault, Func<FullTextSite, Task<FileRecord>> prepareAsync)
    {
        return await CrashMatrix.RunAsync(
            async () =>
            {
                var site = await FullTextSite.CreateAsync(azurite);
                await prepareAsync(site);
                return site;
            },
            async (site, index) =>
            {
                var straws = (await site.FindAsync("straw")).Count;
                var crash = new CrashPoint(index, fault);
                var dying = site.Restart(crash.Decide);
                var file = await dying.Tree.ByPath.GetAsync(FullTextSite.Owner, FilePath.ParsePlain("/b.txt"));
                crash.IsArmed = true;
                try
                {
                    await dying.Indexing.IndexAsync(FullTextSite.Settings, file);
                }
                catch (SimulatedCrashException)
                {
                    // The process is gone; the message comes again.
                }
                var next = site.Restart();
                await next.Indexing.IndexAsync(FullTextSite.Settings, await next.ReadAsync(file));

                Assert.Equal(["/b.txt"], await next.FindAsync("needle"));
                Assert.Equal(straws, (await next.FindAsync("straw")).Count);
                Assert.True((await next.ReadAsync(file)).Metadata.ContainsKey(MetadataKeys.FullTextIndex));
                return crash.Struck;
            });
    }
}
