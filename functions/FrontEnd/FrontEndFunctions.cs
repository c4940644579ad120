using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.FrontEnd;

/// <summary>The pages that browsers see.</summary>
internal sealed class FrontEndFunctions(IFrontEnd frontEnd)
{
    /// <summary>Handles every path that no other function matches.</summary>
    // The Functions host chooses the first function in alphabetical order whose route matches, and this one matches all:
    // its name has to sort after every other function's.
    [Function("ZFrontEnd")]
    [Requires(AuthClass.None, WithoutSite = true)]
    public Task<IResult> AnswerAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        frontEnd.AnswerAsync(request, cancellationToken);
}
