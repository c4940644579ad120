using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>The view of a folder.</summary>
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

/// <summary>The property that a column shows if it is not one that all files have.</summary>
internal sealed record ViewColumnProps(string? MetadataKey = null, string? CustomPropsId = null);

/// <summary>Views as they are stored.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ExplorerViewResponse))]
internal sealed partial class StoredViewJson : JsonSerializerContext;
