using System.Text.Json.Serialization;
using Cloudreve.Core.FileSystem.Listing;

namespace Cloudreve.Core.FileSystem;

/// <summary>JSON of entries outside their rows.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(FileRecord))]
[JsonSerializable(typeof(SortedToken))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
