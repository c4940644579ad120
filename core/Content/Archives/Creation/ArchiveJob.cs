using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Cloudreve.Core.Content.Walks;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>The job of a task that creates an archive: the accepted form of the request (contract, section 19.1).</summary>
/// <param name="Sources">The sources of its content.</param>
/// <param name="Destination">Plain path of the archive in the owner's drive.</param>
/// <param name="Form">The name of its form; null for the contract's.</param>
public sealed record ArchiveJob(IReadOnlyList<WalkSource> Sources, string Destination, string? Form = null);

[JsonSerializable(typeof(ArchiveJob))]
[JsonSerializable(typeof(ArchiveState))]
internal sealed partial class ArchiveCreationJson : JsonSerializerContext
{
    /// <summary>No letter of a path needs six characters: the text is only read as JSON.</summary>
    public static ArchiveCreationJson Short { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
