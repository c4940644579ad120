using System.Net;
using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Search;
using Cloudreve.Core.Content.FullText.Index;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.FullText;

/// <summary>Full-text search by Azure AI Search.</summary>
public sealed class SearchServiceTests(AzuriteServer azurite)
{
    private readonly SearchServiceDouble _service = new();

    [Theory]
    [InlineData("quick FOX")]
    [InlineData("\"brown fox\"")]
    [InlineData("\"quick fox\"")]
    [InlineData("cafe")]
    [InlineData("laz")]
    [InlineData("laz quick")]
    [InlineData("e-mail")]
    [InlineData("C++ AND (OR) NOT")]
    [InlineData("owner:8")]
    [InlineData("fox) OR (straw")]
    [InlineData("f*x")]
    [InlineData("3.14 1,000")]
    [InlineData("検索")]
    [InlineData("全")]
    [InlineData("ｶﾀｶﾅ")]
    [InlineData("검색")]
    public async Task Given_texts_when_searched_for_then_the_service_finds_what_the_own_index_finds(string query)
    {
        (string Path, string Text)[] texts =
        [
            ("/a.txt", "The quick brown fox\njumps over the lazy dog. Owner: 8, by e-mail"),
            ("/b.md", "# Foxes\nA fox is quick, a café is not. C++ and, or, not 3.14 and 1,000"),
            ("/c.txt", "本サイトの全文検索はカタカナも검색합니다。"),
            ("/d.txt", "straw"),
        ];
        var (own, site) = (await FullTextSite.CreateAsync(azurite), await FullTextSite.CreateAsync(azurite, _service));
        foreach (var (path, text) in texts)
        {
            await own.IndexAsync(path, text);
            await site.IndexAsync(path, text);
        }

        Assert.Equal((await own.FindAsync(query)).Order(), (await site.FindAsync(query)).Order());
    }

    [Fact]
    public async Task Given_a_hit_when_found_by_the_service_then_it_is_quoted_and_the_service_gets_the_words_alone()
    {
        var site = await FullTextSite.CreateAsync(azurite, _service);
        await site.IndexAsync("/a.txt", "A needle in the hay.");

        var found = await site.Search.SearchAsync(FullTextSite.Settings, FullTextSite.Owner, "needle", 0);

        Assert.Equal("A <em>needle</em> in the hay.", Assert.Single(found.Hits).Content);
        var text = _service.Definition!["fields"]!.AsArray().Single(field => field!["name"]!.GetValue<string>() == "text")!;
        Assert.Equal((true, false), (text["searchable"]!.GetValue<bool>(), text["retrievable"]!.GetValue<bool>()));
        Assert.Equal(2, _service.Definition["analyzers"]!.AsArray().Count);
        Assert.Single(_service.Requests, request => request.StartsWith("PUT", StringComparison.Ordinal));
        Assert.DoesNotContain(await site.ListBlobsAsync(), name => name.StartsWith("users/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Given_texts_of_two_users_when_one_searches_then_the_filter_names_that_user()
    {
        var site = await FullTextSite.CreateAsync(azurite, _service);
        await site.Index.AddAsync(8, [new IndexedText(5, "needle")], 0, default);
        await site.Index.AddAsync(7, [new IndexedText(6, "needle")], 0, default);

        Assert.Equal([6L], await site.Index.FindAsync(7, TextQuery.Parse("needle"), 100, default));
    }

    [Fact]
    public async Task Given_a_text_when_its_blob_is_gone_then_the_service_forgets_it()
    {
        var site = await FullTextSite.CreateAsync(azurite, _service);
        var file = await site.IndexAsync("/a.txt", "needle");
        Assert.Single(_service.Keys);

        await site.Removal.RemoveTextAsync(file.PrimaryEntityId, default);

        Assert.Empty(_service.Keys);
        Assert.Empty(await site.ListBlobsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Given_more_texts_than_a_page_when_a_user_goes_then_all_of_them_go(bool isBehind)
    {
        var index = new SearchTextIndex(_service.Options, "texts");
        for (var part = 0; part < 3; part++)
            await index.AddAsync([.. Enumerable.Range(part * 900, 900).Select(i => new SearchText($"{i:x}", i == 0 ? 8 : 7, DateTimeOffset.UnixEpoch, "word"))]);
        await index.RemoveTextAsync("absent");
        _service.IsBehind = isBehind;

        await index.RemoveOwnerAsync(7);

        Assert.Equal(["0"], _service.Keys);
    }

    [Fact]
    public async Task Given_a_rebuild_when_it_clears_then_what_was_added_since_stays()
    {
        var index = new SearchTextIndex(_service.Options, "texts");
        var start = DateTimeOffset.Parse("2026-01-02T03:04:05.678Z", System.Globalization.CultureInfo.InvariantCulture);
        await index.AddAsync([new SearchText("a", 7, start.AddMilliseconds(-1), "old"), new SearchText("b", 7, start.AddMilliseconds(1), "new")]);

        await index.RemoveBeforeAsync(start);

        Assert.Equal(["b"], _service.Keys);
    }

    [Fact]
    public async Task Given_no_index_when_it_is_searched_or_cleared_then_there_is_nothing()
    {
        var site = await FullTextSite.CreateAsync(azurite, _service);

        await site.Removal.RemoveTextAsync(5, default);
        await site.Removal.ClearAsync(FullTextSite.Owner, default);

        Assert.Empty(await site.FindAsync("needle"));
    }

    [Theory]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.TooManyRequests)]
    public async Task Given_a_service_that_is_down_when_used_then_the_file_gets_no_mark_and_a_retry_indexes_it(HttpStatusCode failure)
    {
        var site = await FullTextSite.CreateAsync(azurite, _service);
        var file = await site.AddTextAsync("/a.txt", "needle");
        _service.Failure = failure;
        await Assert.ThrowsAsync<StorageUnavailableException>(() => site.Indexing.IndexAsync(FullTextSite.Settings, file));
        await Assert.ThrowsAsync<StorageUnavailableException>(() => site.FindAsync("needle"));
        Assert.Empty((await site.ReadAsync(file)).Metadata);

        _service.Failure = null;
        await site.Indexing.IndexAsync(FullTextSite.Settings, file);

        Assert.Equal(["/a.txt"], await site.FindAsync("needle"));
    }

    [Fact]
    public async Task Given_a_service_that_refuses_a_single_text_when_it_is_added_then_that_is_an_error()
    {
        var site = await FullTextSite.CreateAsync(azurite, _service);
        _service.ChangeStatus = 503;

        await Assert.ThrowsAsync<StorageUnavailableException>(() => site.Index.AddAsync(7, [new IndexedText(5, "needle")], 0, default));
    }

    [Fact]
    public async Task Given_a_wrong_key_when_the_service_refuses_it_then_that_is_an_error_without_the_key()
    {
        var index = new SearchTextIndex(_service.Options with { Key = "wrong" }, "texts");

        var error = await Assert.ThrowsAsync<StorageException>(() => index.FindAsync(7, "word", 10));

        Assert.DoesNotContain("wrong", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Given_many_long_texts_when_they_are_added_then_no_request_exceeds_the_limit()
    {
        var site = await FullTextSite.CreateAsync(azurite, _service);
        var text = string.Concat(Enumerable.Repeat("word ", 200_000));

        await site.Index.AddAsync(7, [.. Enumerable.Range(1, 7).Select(i => new IndexedText(i, text))], 0, default);

        Assert.Equal(7, _service.Keys.Count);
        // Three texts of a million characters each fit into one; the first finds no index.
        Assert.Equal(4, _service.Requests.Count(request => request.EndsWith("search.index", StringComparison.Ordinal)));
    }
}
