namespace Cloudreve.Functions.FrontEnd;

/// <summary>Answers what no other function takes.</summary>
internal interface IFrontEnd
{
    /// <summary>Answers a request.</summary>
    /// <param name="request">The request.</param>
    Task<IResult> AnswerAsync(HttpRequest request, CancellationToken cancellationToken);
}
