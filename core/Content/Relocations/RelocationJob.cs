using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Content.Walks;

namespace Cloudreve.Core.Content.Relocations;

/// <summary>The job of a task that relocates files: the accepted form of the request (contract, section 19.5).</summary>
/// <param name="Sources">The files and folders.</param>
/// <param name="PolicyId">The storage policy that gets their blobs.</param>
public sealed record RelocationJob(IReadOnlyList<WalkSource> Sources, int PolicyId);

[JsonSerializable(typeof(RelocationJob))]
[JsonSerializable(typeof(RelocationState))]
internal sealed partial class RelocationJson : JsonSerializerContext
{
    /// <summary>No letter of a path needs six characters: the text is read as JSON alone.</summary>
    public static RelocationJson Short { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
