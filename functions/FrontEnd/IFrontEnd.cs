namespace Cloudreve.Functions.FrontEnd;

/// <summary>Handles requests that no other function matches.</summary>
internal interface IFrontEnd
{
    /// <summary>Handles a request.</summary>
    Task<IResult> AnswerAsync(HttpRequest request, CancellationToken cancellationToken);
}
