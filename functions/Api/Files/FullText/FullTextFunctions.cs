using Cloudreve.Core.Accounts;
using Cloudreve.Core.Content.FullText;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.FullText;

/// <summary>Searches in the text of files (contract, section 19.6).</summary>
internal sealed class FullTextFunctions(FullTextSearch search)
{
    /// <summary>Returns the caller's files whose text matches, the best first.</summary>
    [Function("SearchFileTexts")]
    [Requires(AuthClass.Required, OAuthScopes.FilesRead)]
    [NeverStored]
    [QueryParameter<string>("query", IsRequired = true)]
    [QueryParameter<int>("offset")]
    [Answers<FullTextSearchResponse>]
    public async Task<IResult> SearchAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/file/search")] HttpRequest request, ApiCall call, CancellationToken cancellationToken)
    {
        var (caller, site) = call;
        var found = await search.SearchAsync(
            site, caller.UserId, request.OptionalText("query"), request.OptionalInt32("offset") ?? 0, cancellationToken);
        var presenter = new FilePresenter(caller, site);
        return ApiResponse.Ok(new FullTextSearchResponse(
            [.. found.Hits.Select(hit => new FullTextHitResponse(
                presenter.Present(hit.File, FileUri.My(hit.Path), NavigatorCapabilities.My, withMetadata: true), hit.Content))],
            found.Total));
    }
}
