using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Cloudreve.Core.FileSystem.Search;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files;

/// <summary>Answers a search at once, or as a stream of events while hits are found (contract, section 8.1).</summary>
/// <param name="page">The page of the search.</param>
/// <param name="present">Shapes a hit.</param>
/// <param name="frame">The answer without hits.</param>
internal sealed class SearchAnswer(SearchPage page, Func<SearchHit, FileResponse> present, ListResponse frame)
{
    /// <summary>The answer with all hits of the page.</summary>
    public async Task<IResult> GatherAsync(CancellationToken cancellationToken)
    {
        var files = new List<FileResponse>();
        await foreach (var batch in page.ReadAsync(cancellationToken))
            files.AddRange(batch.Select(present));
        return TypedResults.Ok(ApiResponse.Ok(Close(files)));
    }

    /// <summary>Events <c>file</c> with the hits of each batch, then one event <c>list</c> with the rest of the answer.</summary>
    public IResult Stream(JsonSerializerOptions json, CancellationToken cancellationToken) =>
        TypedResults.ServerSentEvents(ReadEventsAsync(json, cancellationToken));

    private async IAsyncEnumerable<SseItem<string>> ReadEventsAsync(JsonSerializerOptions json, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in page.ReadAsync(cancellationToken))
            yield return Event<IReadOnlyList<FileResponse>>("file", [.. batch.Select(present)], json);
        yield return Event("list", Close([]), json);
    }

    private ListResponse Close(IReadOnlyList<FileResponse> files) => frame with
    {
        Files = files,
        Pagination = frame.Pagination with { NextToken = page.NextToken },
        RecursionLimitReached = page.IsRecursionLimitReached ? true : null,
    };

    private static SseItem<string> Event<T>(string type, T data, JsonSerializerOptions json) =>
        new(JsonSerializer.Serialize(data, json.GetTypeInfo(typeof(T))), type);
}
