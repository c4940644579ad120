using System.Globalization;
using Azure;
using Azure.Core.Pipeline;
using Azure.Search.Documents;
using Azure.Search.Documents.Indexes;
using Azure.Search.Documents.Indexes.Models;
using Azure.Search.Documents.Models;
using Cloudreve.AzureStorage.Pipeline;

namespace Cloudreve.AzureStorage.Search;

/// <summary>
/// An index of texts in Azure AI Search. It is created with the first text. The service shows changes after a second or so. Errors are
/// <see cref="StorageUnavailableException"/> and other kinds of <see cref="StorageException"/>.
/// </summary>
public sealed class SearchTextIndex
{
    /// <summary>The largest page of results.</summary>
    public const int MaxResults = 1_000;

    private const string Key = "key";
    private const string Owner = "owner";
    private const string At = "at";
    private const string Text = "text";
    private const string TextAnalyzer = "texts";
    private const string QueryAnalyzer = "queries";
    private const string PairsAndCharacters = "pairs_and_characters";

    private static readonly TimeSpan s_networkTimeout = TimeSpan.FromSeconds(20);

    private readonly SearchIndexClient _service;
    private readonly SearchClient _index;

    /// <summary>Creates the client; sends nothing yet.</summary>
    /// <param name="options">The options for connecting to the service.</param>
    /// <param name="name">The index's name: lower-case letters, digits and hyphens.</param>
    public SearchTextIndex(SearchServiceOptions options, string name)
    {
        var client = new SearchClientOptions
        {
            Transport = options.Handler is { } handler ? new HttpClientTransport(new HttpClient(handler, disposeHandler: false)) : Connections.Metadata,
        };
        client.Retry.MaxRetries = options.MaxRetries;
        client.Retry.Delay = options.RetryDelay;
        client.Retry.NetworkTimeout = s_networkTimeout;
        client.Diagnostics.IsDistributedTracingEnabled = false;
        client.Diagnostics.IsLoggingEnabled = false;
        _service = options.Key is { } key
            ? new SearchIndexClient(options.Address, new AzureKeyCredential(key), client)
            : new SearchIndexClient(options.Address, options.Credential ?? AppIdentity.Credential, client);
        _index = _service.GetSearchClient(name);
    }

    /// <summary>Adds texts: one request, three when the index does not exist yet.</summary>
    /// <param name="texts">At most 1,000, and 16 MB of them.</param>
    public async Task AddAsync(IReadOnlyCollection<SearchText> texts, CancellationToken cancellationToken = default)
    {
        var documents = texts.Select(text => new SearchDocument
        {
            [Key] = text.Key,
            [Owner] = text.Owner,
            [At] = text.At,
            [Text] = text.Text,
        }).ToList();
        try
        {
            await ChangeAsync(IndexDocumentsBatch.Upload(documents), cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            await StorageErrors.GuardAsync(_index.IndexName, () => _service.CreateOrUpdateIndexAsync(Describe(_index.IndexName), cancellationToken: cancellationToken));
            await ChangeAsync(IndexDocumentsBatch.Upload(documents), cancellationToken);
        }
    }

    /// <summary>Searches the texts of an owner: one request.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="query">The query, in the full syntax of Lucene.</param>
    /// <param name="most">Maximum number of results, up to <see cref="MaxResults"/>.</param>
    /// <returns>The keys of the texts, the best first.</returns>
    public Task<IReadOnlyList<string>> FindAsync(long owner, string query, int most, CancellationToken cancellationToken = default) => FindAsync(
        query,
        new SearchOptions { Filter = Equal(Owner, owner), QueryType = SearchQueryType.Full, SearchMode = SearchMode.All, SearchFields = { Text }, Select = { Key }, Size = most },
        KeyOf,
        cancellationToken);

    /// <summary>Removes all texts of an owner: one request for each 1,000 of them, and one to find these.</summary>
    /// <param name="owner">The owner.</param>
    public Task RemoveOwnerAsync(long owner, CancellationToken cancellationToken = default) => RemoveAsync(Equal(Owner, owner), cancellationToken);

    /// <summary>Removes a text, if it is there: one request.</summary>
    /// <param name="key">Its key.</param>
    public async Task RemoveTextAsync(string key, CancellationToken cancellationToken = default)
    {
        try
        {
            await ChangeAsync(IndexDocumentsBatch.Delete(Key, [key]), cancellationToken);
        }
        catch (StorageNotFoundException)
        {
            // No text was ever added.
        }
    }

    /// <summary>Removes texts that were written before a time: one request for each 1,000 of them, and one to find these.</summary>
    /// <param name="time">The time.</param>
    public Task RemoveBeforeAsync(DateTimeOffset time, CancellationToken cancellationToken = default) =>
        RemoveAsync($"{At} lt {time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)}", cancellationToken);

    /// <summary>In order of key, since what was removed is still found for a while.</summary>
    private async Task RemoveAsync(string filter, CancellationToken cancellationToken)
    {
        var last = "";
        while (true)
        {
            var keys = await FindAsync(
                "*",
                new SearchOptions { Filter = $"{filter} and {Key} gt '{last}'", OrderBy = { Key }, Select = { Key }, Size = MaxResults },
                KeyOf,
                cancellationToken);
            if (keys.Count == 0)
                return;
            last = keys[^1];
            await ChangeAsync(IndexDocumentsBatch.Delete(Key, keys), cancellationToken);
        }
    }

    private async Task<IReadOnlyList<T>> FindAsync<T>(string query, SearchOptions options, Func<SearchDocument, T> read, CancellationToken cancellationToken)
    {
        try
        {
            return await StorageErrors.GuardAsync<IReadOnlyList<T>>(_index.IndexName, async () =>
            {
                var found = (await _index.SearchAsync<SearchDocument>(query, options, cancellationToken)).Value;
                return await found.GetResultsAsync().Select(result => read(result.Document)).ToListAsync(cancellationToken);
            });
        }
        catch (StorageNotFoundException)
        {
            // No text was ever added.
            return [];
        }
    }

    private Task ChangeAsync(IndexDocumentsBatch<SearchDocument> batch, CancellationToken cancellationToken) => StorageErrors.GuardAsync(_index.IndexName, async () =>
    {
        var results = (await _index.IndexDocumentsAsync(batch, cancellationToken: cancellationToken)).Value.Results;
        if (results.FirstOrDefault(result => !result.Succeeded) is { } failed)
            throw new RequestFailedException(failed.Status, $"A text could not be changed: {failed.ErrorMessage}");
    });

    private static string KeyOf(SearchDocument document) => document.GetString(Key);

    private static string Equal(string field, long value) => string.Create(CultureInfo.InvariantCulture, $"{field} eq {value}");

    /// <summary>Words are split as the app's own indexes have them: by Unicode's rules, without case, width and accents, CJK in pairs of characters.</summary>
    private static SearchIndex Describe(string name) => new(name)
    {
        Fields =
        {
            new SimpleField(Key, SearchFieldDataType.String) { IsKey = true, IsFilterable = true, IsSortable = true },
            new SimpleField(Owner, SearchFieldDataType.Int64) { IsFilterable = true },
            new SimpleField(At, SearchFieldDataType.DateTimeOffset) { IsFilterable = true },
            new SearchField(Text, SearchFieldDataType.String)
            {
                IsSearchable = true,
                IsHidden = true,
                IsFilterable = false,
                IsSortable = false,
                IsFacetable = false,
                IndexAnalyzerName = TextAnalyzer,
                SearchAnalyzerName = QueryAnalyzer,
            },
        },
        Analyzers = { Analyzer(TextAnalyzer, PairsAndCharacters), Analyzer(QueryAnalyzer, TokenFilterName.CjkBigram) },
        TokenFilters = { new CjkBigramTokenFilter(PairsAndCharacters) { OutputUnigrams = true } },
    };

    private static CustomAnalyzer Analyzer(string name, TokenFilterName pairs) => new(name, LexicalTokenizerName.Standard)
    {
        TokenFilters = { TokenFilterName.CjkWidth, TokenFilterName.Lowercase, TokenFilterName.AsciiFolding, pairs },
    };
}
