using Cloudreve.Core.Drive.Properties;
using Cloudreve.Functions.Api.Edge;

namespace Cloudreve.Functions.Api.Files.Properties;

/// <summary>Body of a change of metadata.</summary>
internal sealed record PatchMetadataRequest([property: LongestUri] IReadOnlyList<string> Uris, IReadOnlyList<MetadataPatchRequest> Patches);

/// <summary>The change of one key.</summary>
internal sealed record MetadataPatchRequest(
    string Key, [property: Longest(MetadataRules.MaxCharacters)] string? Value = null, bool? Private = null, bool? Remove = null);

/// <summary>Body of a change of a view.</summary>
internal sealed record SetViewRequest([property: LongestUri] string Uri, ExplorerViewResponse? View = null);

/// <summary>Body of a pin.</summary>
internal sealed record PinRequest([property: LongestUri] string Uri, string? Name = null);
