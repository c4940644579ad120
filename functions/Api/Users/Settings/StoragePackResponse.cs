namespace Cloudreve.Functions.Api.Users.Settings;

/// <summary>Storage that a user bought.</summary>
/// <param name="Name">Product.</param>
/// <param name="ActiveSince">Since when it counts.</param>
/// <param name="ExpireAt">Until when.</param>
/// <param name="Size">Bytes.</param>
internal sealed record StoragePackResponse(string Name, DateTimeOffset ActiveSince, DateTimeOffset ExpireAt, long Size);
