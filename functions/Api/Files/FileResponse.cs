using System.Text.Json.Serialization;
using Cloudreve.Functions.Api.Files.Info;

namespace Cloudreve.Functions.Api.Files;

/// <summary>A file or folder as clients see it (contract, section 9).</summary>
internal sealed record FileResponse
{
    /// <summary>0 file, 1 folder.</summary>
    public required int Type { get; init; }

    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The caller's permissions; null for all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? Permission { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public long Size { get; init; }

    /// <summary>Null when it was not loaded.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    public required string Path { get; init; }

    public required string Capability { get; init; }

    public bool Owned { get; init; }

    /// <summary>True if the file has share links; included in listings of the caller's own folders.</summary>
    public bool? Shared { get; init; }

    public required string PrimaryEntity { get; init; }

    /// <summary>Details; only when requested.</summary>
    public ExtendedInfoResponse? ExtendedInfo { get; init; }

    /// <summary>The totals of a folder; only when requested.</summary>
    public FolderSummaryResponse? FolderSummary { get; init; }
}
