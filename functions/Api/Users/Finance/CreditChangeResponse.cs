namespace Cloudreve.Functions.Api.Users.Finance;

/// <summary>A change of a user's points.</summary>
/// <param name="ChangedAt">The time.</param>
/// <param name="Diff">By how many.</param>
/// <param name="Reason">Why.</param>
internal sealed record CreditChangeResponse(DateTimeOffset ChangedAt, long Diff, string Reason);
