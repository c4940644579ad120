using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>A page of activities.</summary>
internal sealed record ActivitiesResponse(IReadOnlyList<ActivityResponse> Activities, PaginationResponse Pagination);

/// <summary>An activity.</summary>
internal sealed record ActivityResponse(string Id, DateTimeOffset CreatedAt, ActivityContent Content, UserResponse? User, string? VersionId);

/// <summary>The content of an activity.</summary>
internal sealed record ActivityContent(int Category, string? From, string? To, string? OriginalName, string? NewName);
