using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Users.Finance;

/// <summary>A page of changes of points.</summary>
/// <param name="Pagination">The position of the page.</param>
internal sealed record CreditChangesResponse(PaginationResponse Pagination, IReadOnlyList<CreditChangeResponse> Changes);
