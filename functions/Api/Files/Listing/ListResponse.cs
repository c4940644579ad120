using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Files.Properties;
using Cloudreve.Functions.Api.Site;

namespace Cloudreve.Functions.Api.Files.Listing;

/// <summary>A page of a folder (contract, section 10).</summary>
internal sealed record ListResponse
{
    /// <summary>The entries.</summary>
    public IReadOnlyList<FileResponse> Files { get; init; } = [];

    /// <summary>The folder.</summary>
    public required FileResponse Parent { get; init; }

    /// <summary>The position of the page.</summary>
    public required PaginationResponse Pagination { get; init; }

    /// <summary>The capabilities of the listing.</summary>
    public required NavigatorPropsResponse Props { get; init; }

    /// <summary>A random id that clients hand back.</summary>
    public required string ContextHint { get; init; }

    /// <summary>True if files and folders are mixed, as in a search.</summary>
    public required bool MixedType { get; init; }

    /// <summary>The policy of new files.</summary>
    public StoragePolicyResponse? StoragePolicy { get; init; }

    /// <summary>The folder's view; null when views stay on the client.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public ExplorerViewResponse? View { get; init; }

    /// <summary>True if the share shows a file and not a folder.</summary>
    public bool? SingleFileView { get; init; }

    /// <summary>True if a search ended because it had opened the maximum number of folders.</summary>
    public bool? RecursionLimitReached { get; init; }
}

/// <summary>The capabilities of a listing.</summary>
internal sealed record NavigatorPropsResponse(
    string Capability, int MaxPageSize, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] IReadOnlyList<string>? OrderByOptions,
    IReadOnlyList<string> OrderDirectionOptions);
