using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Users.Finance;

/// <summary>A page of payments.</summary>
/// <param name="Pagination">The position of the page.</param>
internal sealed record PaymentsResponse(PaginationResponse Pagination, IReadOnlyList<PaymentResponse> Payments);
