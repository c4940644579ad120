using System.Globalization;
using System.Text.Json.Serialization;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Users.Finance;

/// <summary>A change of a user's points.</summary>
/// <param name="ChangedAt">When.</param>
/// <param name="Diff">By how many.</param>
/// <param name="Reason">Why.</param>
internal sealed record CreditChangeResponse(DateTimeOffset ChangedAt, long Diff, string Reason);

/// <summary>A page of changes of points.</summary>
/// <param name="Pagination">Where the page stands.</param>
/// <param name="Changes">The changes.</param>
internal sealed record CreditChangesResponse(PaginationResponse Pagination, IReadOnlyList<CreditChangeResponse> Changes);

/// <summary>A payment.</summary>
/// <param name="Id">Encoded id.</param>
/// <param name="TradeNo">Trade number.</param>
/// <param name="Name">Product.</param>
/// <param name="Status">State.</param>
/// <param name="Qyt">Quantity.</param>
/// <param name="ProductType">1 share, 2 group, 3 storage, 4 points.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it changed last.</param>
internal sealed record PaymentResponse(
    string Id, string TradeNo, string Name, string Status, int Qyt, int ProductType, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A page of payments.</summary>
/// <param name="Pagination">Where the page stands.</param>
/// <param name="Payments">The payments.</param>
internal sealed record PaymentsResponse(PaginationResponse Pagination, IReadOnlyList<PaymentResponse> Payments);

/// <summary>JSON of the group.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ApiResponse<CreditChangesResponse>))]
[JsonSerializable(typeof(ApiResponse<PaymentsResponse>))]
internal sealed partial class UserFinanceJsonContext : JsonSerializerContext;

/// <summary>What a user bought and earned (contract, section 23). The site sells nothing yet, so both lists are as empty as they must be.</summary>
internal static class UserFinanceEndpoints
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 1000;

    /// <summary>Maps the group.</summary>
    /// <param name="api">The builder of <c>/api/v4</c>.</param>
    public static void MapUserFinanceEndpoints(this IEndpointRouteBuilder api)
    {
        api.MapGet("/user/creditChanges", ListCreditChanges).WithName("ListCreditChanges").Auth(AuthClass.Required, OAuthScopes.FinanceRead);
        api.MapGet("/user/payments", ListPayments).WithName("ListPayments").Auth(AuthClass.Required, OAuthScopes.FinanceRead);
    }

    private static ApiResponse<CreditChangesResponse> ListCreditChanges(ApiCall call, string? page_size, string? order_direction, string? next_page_token) =>
        ApiResponse.Ok(new CreditChangesResponse(Page(page_size, order_direction, next_page_token), []));

    private static ApiResponse<PaymentsResponse> ListPayments(ApiCall call, string? page_size, string? order_direction, string? next_page_token) =>
        ApiResponse.Ok(new PaymentsResponse(Page(page_size, order_direction, next_page_token), []));

    private static PaginationResponse Page(string? size, string? direction, string? token)
    {
        if (!int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < MinPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be at least 10.");
        if (direction is not (null or "" or "asc" or "desc"))
            throw new CloudreveException(ErrorCode.BadParameter, "The direction must be asc or desc.");
        // No page has ever had a successor.
        if (!string.IsNullOrEmpty(token))
            throw new CloudreveException(ErrorCode.BadParameter, "The page token is not valid.");
        return new PaginationResponse(0, Math.Min(number, MaxPageSize), IsCursor: true);
    }
}
