namespace Cloudreve.Functions.Api.Session.OAuth;

/// <summary>An exchange that failed (RFC 6749, 5.2).</summary>
/// <param name="Error">The error's code.</param>
/// <param name="ErrorDescription">The description for developers.</param>
/// <param name="ErrorCodes">Codes of the API.</param>
/// <param name="CorrelationId">The id of the request.</param>
internal sealed record OAuthErrorResponse(string Error, string ErrorDescription, IReadOnlyList<int> ErrorCodes, string CorrelationId);
