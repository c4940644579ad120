using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Functions.Api.Files;

namespace Cloudreve.Functions.Api.Workflow;

/// <summary>
/// Body of an import request (contract, section 19.4): the policy's id is a plain integer, the user's is encoded. The last three are additions that
/// clients of the contract never send: a dry run imports nothing and counts what would be, a mirror follows changed and vanished blobs, once
/// or every so many minutes.
/// </summary>
internal sealed record ImportFilesRequest(string Src, [property: LongestUri] string Dst, string UserId, int PolicyId, bool Recursive = false,
    bool ExtractMediaMeta = false, bool DryRun = false, bool Mirror = false, int? Interval = null);

/// <summary>Body of a request to create an archive (contract, section 19.1). The format is an addition; clients of the contract get a zip.</summary>
internal sealed record CreateArchiveRequest([property: LongestUri] IReadOnlyList<string> Src, [property: LongestUri] string Dst, string? Format = null);

/// <summary>Body of a request to extract an archive (contract, section 19.2).</summary>
internal sealed record ExtractArchiveRequest(
    [property: LongestUri] IReadOnlyList<string> Src, [property: LongestUri] string Dst, string? Encoding = null, string? Password = null,
    [property: LongestUri] IReadOnlyList<string>? FileMask = null);

/// <summary>Body of a request to relocate files (contract, section 19.5).</summary>
internal sealed record RelocateFilesRequest([property: LongestUri] IReadOnlyList<string> Src, string DstPolicyId);

/// <summary>Body of a request to rebuild the full-text indexes: only of content of these storage policies, whose ids are plain integers.</summary>
internal sealed record RebuildFullTextRequest(IReadOnlyList<int>? FilteredStoragePolicy = null);

/// <summary>Body of a request to download from other sites (contract, section 19.3): links, or the file of a torrent.</summary>
internal sealed record RemoteDownloadRequest([property: LongestUri] string Dst, IReadOnlyList<string>? Src = null, [property: LongestUri] string? SrcFile = null);

/// <summary>Body of a request to choose files of a download.</summary>
internal sealed record SelectFilesRequest(IReadOnlyList<SelectedFile> Files);

/// <summary>Whether a file of a download is wanted.</summary>
internal sealed record SelectedFile(int Index, bool Download = false);

/// <summary>A task as its owner sees it (contract, section 18).</summary>
internal sealed record TaskResponse
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    public required string Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required NodeResponse Node { get; init; }

    public required TaskSummaryResponse Summary { get; init; }

    /// <summary>Milliseconds.</summary>
    public long Duration { get; init; }

    public int RetryCount { get; init; }

    /// <summary>The time of its next restart, in seconds since 1970.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ResumeTime { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Error { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? ErrorHistory { get; init; }
}

/// <summary>The current step, and the objects that the task works on.</summary>
internal sealed record TaskSummaryResponse(string Phase, IReadOnlyDictionary<string, JsonElement> Props);

/// <summary>The node that works on a task.</summary>
internal sealed record NodeResponse(string Id, string Name, string Type, string Capabilities);

/// <summary>A page of tasks.</summary>
internal sealed record TaskListResponse(IReadOnlyList<TaskResponse> Tasks, PaginationResponse Pagination);

/// <summary>The progress of one part of a task.</summary>
internal sealed record ProgressResponse(long Total, long Current, string Identifier);
