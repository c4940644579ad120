using System.Text.Json.Serialization;
using Cloudreve.Core.Drive.Tree;

namespace Cloudreve.Core.Drive.Listing;

/// <summary>JSON of entries outside their rows.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(FileRecord))]
[JsonSerializable(typeof(SortedToken))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
