using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>Body of a change of metadata.</summary>
internal sealed record PatchMetadataRequest(IReadOnlyList<string> Uris, IReadOnlyList<MetadataPatchRequest> Patches);

/// <summary>The change of one key.</summary>
internal sealed record MetadataPatchRequest(string Key, string? Value = null, bool? Private = null, bool? Remove = null);

/// <summary>Body of a change of a view.</summary>
internal sealed record SetViewRequest(string Uri, ExplorerViewResponse? View = null);

/// <summary>Body of a pin.</summary>
internal sealed record PinRequest(string Uri, string? Name = null);

/// <summary>How a folder is shown.</summary>
internal sealed record ExplorerViewResponse(int PageSize)
{
    public string? View { get; init; }

    public bool? Thumbnail { get; init; }

    public string? Order { get; init; }

    public string? OrderDirection { get; init; }

    public int? GalleryWidth { get; init; }

    public IReadOnlyList<ViewColumn>? Columns { get; init; }
}

/// <summary>A column of a list.</summary>
internal sealed record ViewColumn(int Type, int? Width = null, ViewColumnProps? Props = null);

/// <summary>What a column shows that is no property of all files.</summary>
internal sealed record ViewColumnProps(string? MetadataKey = null, string? CustomPropsId = null);

/// <summary>A page of activities.</summary>
internal sealed record ActivitiesResponse(IReadOnlyList<ActivityResponse> Activities, PaginationResponse Pagination);

/// <summary>An activity.</summary>
internal sealed record ActivityResponse(string Id, DateTimeOffset CreatedAt, ActivityContent Content, UserResponse? User, string? VersionId);

/// <summary>What happened.</summary>
internal sealed record ActivityContent(int Category, string? From, string? To, string? OriginalName, string? NewName);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PatchMetadataRequest))]
[JsonSerializable(typeof(SetViewRequest))]
[JsonSerializable(typeof(PinRequest))]
[JsonSerializable(typeof(ExplorerViewResponse))]
[JsonSerializable(typeof(ApiResponse<ActivitiesResponse>))]
internal sealed partial class PropertyJsonContext : JsonSerializerContext;
