using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Cloudreve.AzureStorage.Search;
using Cloudreve.Core.Content.FullText.Index;
using Lucene.Net.Documents;
using Lucene.Net.Index;
using Lucene.Net.QueryParsers.Classic;
using Lucene.Net.Search;
using RAMDirectory = Lucene.Net.Store.RAMDirectory;

namespace Cloudreve.Core.Tests.Content.FullText;

/// <summary>What the site uses of Azure AI Search (its REST API of data), with Lucene's own parser of queries.</summary>
internal sealed class SearchServiceDouble : HttpMessageHandler
{
    private readonly Lock _lock = new();
    private SortedDictionary<string, JsonObject> _documents = new(StringComparer.Ordinal);
    private SortedDictionary<string, JsonObject> _before = new(StringComparer.Ordinal);

    public SearchServiceOptions Options => new() { Address = new Uri("https://search.test"), Key = "secret", Handler = this, MaxRetries = 0 };

    /// <summary>The definition of the index; null before it is created.</summary>
    public JsonObject? Definition { get; private set; }

    /// <summary>The keys of the texts.</summary>
    public IReadOnlyList<string> Keys => [.. _documents.Keys];

    /// <summary>Methods and paths of the requests.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>True if searches do not see the last change yet.</summary>
    public bool IsBehind { get; set; }

    /// <summary>What every request gets for an answer; null for its own.</summary>
    public HttpStatusCode? Failure { get; set; }

    /// <summary>What every change of a text gets for an answer.</summary>
    public int ChangeStatus { get; set; } = 200;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Enqueue($"{request.Method} {request.RequestUri!.AbsolutePath}");
        if (Failure is { } failure)
            return new HttpResponseMessage(failure);
        if (!request.Headers.TryGetValues("api-key", out var keys) || keys.Single() != "secret")
            return new HttpResponseMessage(HttpStatusCode.Forbidden);
        var body = (JsonObject)JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        lock (_lock)
        {
            var path = request.RequestUri.AbsolutePath;
            if (request.Method == HttpMethod.Put)
                return Answer(HttpStatusCode.Created, Definition = body);
            if (Definition is null)
                return Answer(HttpStatusCode.NotFound, new JsonObject { ["error"] = new JsonObject { ["code"] = "", ["message"] = "No index." } });
            return Answer(HttpStatusCode.OK, path.EndsWith("search.index", StringComparison.Ordinal) ? Change(body) : Search(body));
        }
    }

    private JsonObject Change(JsonObject body)
    {
        _before = _documents;
        _documents = new SortedDictionary<string, JsonObject>(_documents, StringComparer.Ordinal);
        var results = new JsonArray();
        foreach (var action in body["value"]!.AsArray().Cast<JsonObject>())
        {
            var key = action["key"]!.GetValue<string>();
            if (ChangeStatus < 300 && action["@search.action"]!.GetValue<string>() == "delete")
                _documents.Remove(key);
            else if (ChangeStatus < 300)
                _documents[key] = (JsonObject)action.DeepClone();
            results.Add(new JsonObject { ["key"] = key, ["status"] = ChangeStatus < 300, ["errorMessage"] = "", ["statusCode"] = ChangeStatus });
        }
        return new JsonObject { ["value"] = results };
    }

    private JsonObject Search(JsonObject body)
    {
        var filters = body["filter"]!.GetValue<string>().Split(" and ");
        var documents = (IsBehind ? _before : _documents).Where(document => filters.All(filter => IsMatch(filter, document.Value))).Select(document => document.Value).ToList();
        var found = Match(body["search"]!.GetValue<string>(), documents).Take(body["top"]!.GetValue<int>());
        return new JsonObject { ["value"] = new JsonArray([.. found.Select(document => new JsonObject { ["@search.score"] = 1, ["key"] = document["key"]!.DeepClone() })]) };
    }

    private static IEnumerable<JsonObject> Match(string text, List<JsonObject> documents)
    {
        using var directory = new RAMDirectory();
        using (var writer = new IndexWriter(directory, new IndexWriterConfig(TextAnalyzer.Version, TextAnalyzer.OfTexts)))
        {
            for (var i = 0; i < documents.Count; i++)
                writer.AddDocument([new TextField("text", documents[i]["text"]!.GetValue<string>(), Field.Store.NO), new StoredField("number", i)]);
        }
        using var reader = DirectoryReader.Open(directory);
        var query = text == "*"
            ? new MatchAllDocsQuery()
            : new QueryParser(TextAnalyzer.Version, "text", TextAnalyzer.OfQueries) { DefaultOperator = Operator.AND }.Parse(text);
        var hits = new IndexSearcher(reader).Search(query, Math.Max(1, documents.Count)).ScoreDocs;
        return [.. hits.Select(hit => documents[reader.Document(hit.Doc).GetField("number").GetInt32Value()!.Value])];
    }

    private static bool IsMatch(string filter, JsonObject document) => filter.Split(' ', 3) switch
    {
        ["owner", "eq", var owner] => document["owner"]!.GetValue<long>() == long.Parse(owner, CultureInfo.InvariantCulture),
        ["key", "gt", var key] => string.CompareOrdinal(document["key"]!.GetValue<string>(), key.Trim('\'')) > 0,
        ["at", "lt", var time] => document["at"]!.GetValue<DateTimeOffset>() < DateTimeOffset.Parse(time, CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException(filter),
    };

    private static HttpResponseMessage Answer(HttpStatusCode status, JsonObject body) =>
        new(status) { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
}
