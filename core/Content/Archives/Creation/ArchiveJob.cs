using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Cloudreve.Core.Content.Archives.Creation;

/// <summary>A source of an archive.</summary>
/// <param name="Uri">A file or folder, from the view of who asked.</param>
/// <param name="Name">Its name in the archive; empty for a folder whose content is at the top.</param>
public sealed record ArchiveSource(string Uri, string Name);

/// <summary>The job of a task that creates an archive: the accepted form of the request (contract, section 19.1).</summary>
/// <param name="Sources">The sources of its content.</param>
/// <param name="Destination">Plain path of the archive in the owner's drive.</param>
public sealed record ArchiveJob(IReadOnlyList<ArchiveSource> Sources, string Destination);

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
