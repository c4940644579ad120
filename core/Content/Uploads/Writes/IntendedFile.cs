using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudreve.Core.Content.Uploads.Writes;

/// <summary>A file that a write gives its content.</summary>
/// <param name="FileId">The file.</param>
/// <param name="EntityId">The entity to be; 0 for empty content.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Source">The blob's name in the policy's container; empty without one.</param>
internal sealed record IntendedFile(
    [property: JsonPropertyName("f")] long FileId, [property: JsonPropertyName("e")] long EntityId, [property: JsonPropertyName("s")] long Size,
    [property: JsonPropertyName("n")] string Source)
{
    public static string Print(IReadOnlyList<IntendedFile> files) => JsonSerializer.Serialize(files, IntendedFileJson.Short.IReadOnlyListIntendedFile);

    public static IReadOnlyList<IntendedFile> Parse(string text) =>
        JsonSerializer.Deserialize(text, IntendedFileJson.Short.IReadOnlyListIntendedFile) ?? throw new JsonException("A group of writes has no files.");
}

[JsonSerializable(typeof(IReadOnlyList<IntendedFile>))]
internal sealed partial class IntendedFileJson : JsonSerializerContext
{
    /// <summary>The text is only read as JSON, so that no letter needs six characters.</summary>
    public static readonly IntendedFileJson Short = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
