using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.FrontEnd;

/// <summary>The pages that browsers see.</summary>
internal sealed class FrontEndFunctions(IFrontEnd frontEnd)
{
    /// <summary>Answers every path that no other function takes.</summary>
    // The Functions host takes the first function in alphabetical order whose route matches, and this one matches all:
    // its name has to sort behind every other function's.
    [Function("ZFrontEnd")]
    [Requires(AuthClass.None, WithoutSite = true)]
    public Task<IResult> AnswerAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "{*path}")] HttpRequest request, CancellationToken cancellationToken) =>
        frontEnd.AnswerAsync(request, cancellationToken);
}
