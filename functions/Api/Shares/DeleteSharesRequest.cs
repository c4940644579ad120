namespace Cloudreve.Functions.Api.Shares;

/// <summary>The body of a deletion of several links.</summary>
/// <param name="Ids">Encoded ids.</param>
internal sealed record DeleteSharesRequest(IReadOnlyList<string> Ids);
