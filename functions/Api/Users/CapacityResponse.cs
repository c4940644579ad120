namespace Cloudreve.Functions.Api.Users;

/// <summary>Storage of a user.</summary>
/// <param name="Total">Bytes that may be used.</param>
/// <param name="Used">Bytes in use.</param>
internal sealed record CapacityResponse(long Total, long Used);
