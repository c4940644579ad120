using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Cloudreve.Testing.Contract;

/// <summary>Reads a YAML document as JSON, by the rules of YAML's core schema: only plain scalars are numbers, booleans or null.</summary>
internal static class YamlDocumentReader
{
    /// <summary>The document of a file as a JSON tree.</summary>
    public static JsonObject Read(string path)
    {
        var stream = new YamlStream();
        using (var text = File.OpenText(path))
            stream.Load(text);
        // Numbers of a parsed tree convert to any numeric type, those of a built one do not.
        return JsonNode.Parse(Convert(stream.Documents[0].RootNode)!.ToJsonString())!.AsObject();
    }

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(pair =>
            new KeyValuePair<string, JsonNode?>(((YamlScalarNode)pair.Key).Value!, Convert(pair.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => ConvertPlain(scalar.Value ?? ""),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value ?? ""),
        _ => throw new InvalidDataException($"Unexpected YAML node {node.NodeType} at {node.Start}."),
    };

    private static JsonValue? ConvertPlain(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) => JsonValue.Create(integer),
        _ when decimal.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
