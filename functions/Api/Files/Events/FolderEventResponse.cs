using System.Text.Json.Serialization;

namespace Cloudreve.Functions.Api.Files.Events;

/// <summary>A change below the folder.</summary>
/// <param name="Type">create, modify, rename or delete.</param>
/// <param name="From">Its path before, from the folder.</param>
/// <param name="To">Its path afterwards, from the folder.</param>
internal sealed record FolderEventResponse(string Type, string FileId, string From, string To);

/// <summary>The JSON of events, which keeps to ASCII.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FolderEventResponse))]
internal sealed partial class FolderEventsJson : JsonSerializerContext;
