using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Tasks;

namespace Cloudreve.Core.Content.Archives.Extraction;

/// <summary>The job of a task that extracts an archive: the accepted form of the request (contract, section 19.2).</summary>
/// <param name="Source">The archive, from the view of who asked.</param>
/// <param name="Destination">Plain path of the folder in the owner's drive.</param>
/// <param name="Encoding">The encoding of names that do not specify it; empty to guess.</param>
/// <param name="Mask">The requested entries; empty for all.</param>
public sealed record ExtractionJob(string Source, string Destination, string Encoding, IReadOnlyList<string> Mask);

/// <summary>The progress of an extraction.</summary>
internal sealed record ExtractionState
{
    /// <summary>The archive's blob, which must stay the same.</summary>
    public required long EntityId { get; init; }

    /// <summary>The first entry that is not done yet.</summary>
    public int Next { get; init; }

    /// <summary>Its position in what the archive unpacks to, where that helps to find it.</summary>
    public long Position { get; init; }

    /// <summary>Files and folders that were extracted.</summary>
    public long Entries { get; init; }

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; init; }

    /// <summary>The items that could not be extracted.</summary>
    public ItemFailures Failures { get; init; } = ItemFailures.None;
}

[JsonSerializable(typeof(ExtractionJob))]
[JsonSerializable(typeof(ExtractionState))]
internal sealed partial class ExtractionJson : JsonSerializerContext
{
    /// <summary>No letter of a path needs six characters: the text is only read as JSON.</summary>
    public static ExtractionJson Short { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
