using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Cloudreve.Core.Drive.Search;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Listing;

/// <summary>Responds to a search at once, or with a stream of events while hits are found (contract, section 8.1).</summary>
/// <param name="page">The page of the search.</param>
/// <param name="folder">The folder that is searched.</param>
internal sealed class SearchAnswer(SearchPage page, OpenFolder folder)
{
    /// <summary>The answer with all hits of the page.</summary>
    public async Task<IResult> GatherAsync(CancellationToken cancellationToken)
    {
        var files = new List<FileResponse>();
        await foreach (var batch in page.ReadAsync(cancellationToken))
            files.AddRange(batch.Select(Present));
        return ApiResponse.Ok(Close(files));
    }

    /// <summary>Events <c>file</c> with the hits of each batch, then one event <c>list</c> with the rest of the response.</summary>
    public IResult Stream(CancellationToken cancellationToken) => TypedResults.ServerSentEvents(ReadEventsAsync(cancellationToken));

    private async IAsyncEnumerable<SseItem<string>> ReadEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var batch in page.ReadAsync(cancellationToken))
            yield return Event<IReadOnlyList<FileResponse>>("file", [.. batch.Select(Present)]);
        yield return Event("list", Close([]));
    }

    private FileResponse Present(SearchHit hit) => folder.Present(hit.Entry, hit.Path);

    private ListResponse Close(IReadOnlyList<FileResponse> files) => folder.Frame with
    {
        Files = files,
        Pagination = folder.Frame.Pagination with { NextToken = page.NextToken },
        RecursionLimitReached = page.IsRecursionLimitReached ? true : null,
    };

    private static SseItem<string> Event<T>(string type, T data) => new(JsonSerializer.Serialize(data, ApiJson.Options), type);
}
