using System.Text.Json.Serialization;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.FullText.Rebuild;

/// <summary>The job of a task that rebuilds the indexes: the accepted form of the request (contract, section 19.6).</summary>
/// <param name="PolicyIds">The storage policies whose content is indexed; none for all.</param>
internal sealed record RebuildJob(IReadOnlyList<int> PolicyIds);

/// <summary>The progress of a rebuild.</summary>
internal sealed record RebuildState
{
    /// <summary>True if the indexes have been removed, and the files counted.</summary>
    public bool IsCleared { get; init; }

    /// <summary>Files of the site when they were counted.</summary>
    public long Total { get; init; }

    /// <summary>Files that have been read.</summary>
    public long Done { get; init; }

    /// <summary>The partition of the id that was read last; empty before the first.</summary>
    public string Partition { get; init; } = "";

    /// <summary>The row of the id that was read last.</summary>
    public string Key { get; init; } = "";

    /// <summary>Files whose text could not be read.</summary>
    public ItemFailures Failures { get; init; } = ItemFailures.None;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RebuildJob))]
[JsonSerializable(typeof(RebuildState))]
internal sealed partial class RebuildJson : JsonSerializerContext;
