using System.Text.Json.Serialization;

namespace Cloudreve.Core.Site;

/// <summary>JSON inside rows of groups, policies and nodes; the names are those of the administration.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(GroupSettings))]
[JsonSerializable(typeof(StoragePolicySettings))]
[JsonSerializable(typeof(NodeSettings))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class SiteJson : JsonSerializerContext;
