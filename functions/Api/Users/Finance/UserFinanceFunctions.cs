using System.Globalization;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Users.Finance;

/// <summary>Purchases and points of a user (contract, section 23). The site sells nothing yet, so both lists are empty.</summary>
internal static class UserFinanceFunctions
{
    private const int MinPageSize = 10;
    private const int MaxPageSize = 1000;

    /// <summary>Lists changes of the caller's points.</summary>
    [Function("ListCreditChanges")]
    [Requires(AuthClass.Required, OAuthScopes.FinanceRead)]
    [QueryParameter<int>("page_size", IsRequired = true)]
    [QueryParameter<string>("order_direction")]
    [QueryParameter<string>("next_page_token")]
    [Answers<CreditChangesResponse>]
    public static IResult ListCreditChanges(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/creditChanges")] HttpRequest request) =>
        ApiResponse.Ok(new CreditChangesResponse(ReadPage(request), []));

    /// <summary>Lists payments of the caller.</summary>
    [Function("ListPayments")]
    [Requires(AuthClass.Required, OAuthScopes.FinanceRead)]
    [QueryParameter<int>("page_size", IsRequired = true)]
    [QueryParameter<string>("order_direction")]
    [QueryParameter<string>("next_page_token")]
    [Answers<PaymentsResponse>]
    public static IResult ListPayments(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/v4/user/payments")] HttpRequest request) =>
        ApiResponse.Ok(new PaymentsResponse(ReadPage(request), []));

    private static PaginationResponse ReadPage(HttpRequest request)
    {
        if (!int.TryParse(request.OptionalText("page_size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size < MinPageSize)
            throw new CloudreveException(ErrorCode.BadParameter, "The page size must be at least 10.");
        if (request.OptionalText("order_direction") is not (null or "" or "asc" or "desc"))
            throw new CloudreveException(ErrorCode.BadParameter, "The sort direction must be asc or desc.");
        // No page ever has a next one.
        if (!string.IsNullOrEmpty(request.OptionalText("next_page_token")))
            throw new CloudreveException(ErrorCode.BadParameter, "The page token is invalid.");
        return new PaginationResponse(0, Math.Min(size, MaxPageSize), IsCursor: true);
    }
}
