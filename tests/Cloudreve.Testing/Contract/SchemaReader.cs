using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Cloudreve.Testing.Contract;

/// <summary>Turns the schemas of the contract's JSON tree into <see cref="ContractSchema"/>s.</summary>
/// <param name="document">The contract.</param>
internal sealed class SchemaReader(JsonObject document)
{
    private static readonly HashSet<string> s_keywords =
    [
        "$ref", "type", "format", "nullable", "enum", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
        "properties", "required", "additionalProperties", "items", "allOf", "anyOf", "description", "example", "default", "deprecated",
    ];

    private readonly Dictionary<string, ContractSchema> _references = [];

    /// <summary>Reads a schema.</summary>
    /// <param name="node">The schema in the contract.</param>
    /// <param name="pointer">The pointer to it.</param>
    /// <exception cref="InvalidDataException">It has a keyword that would silently be ignored.</exception>
    public ContractSchema Read(JsonObject node, string pointer)
    {
        if (node.Select(pair => pair.Key).FirstOrDefault(key => !s_keywords.Contains(key) && !key.StartsWith("x-", StringComparison.Ordinal)) is { } unknown)
            throw new InvalidDataException($"The contract uses the keyword '{unknown}' at {pointer}, which this reader does not know.");
        return new ContractSchema
        {
            At = pointer,
            FindReference = node["$ref"] is { } reference ? () => Resolve(reference.GetValue<string>()) : null,
            Type = (string?)node["type"],
            Format = (string?)node["format"],
            Nullable = (bool?)node["nullable"] ?? false,
            Values = ReadValues(node, pointer),
            Minimum = (decimal?)node["minimum"],
            Maximum = (decimal?)node["maximum"],
            MinLength = (int?)node["minLength"],
            MaxLength = (int?)node["x-server-max"] ?? (int?)node["maxLength"],
            MinItems = (int?)node["minItems"],
            MaxItems = (int?)node["maxItems"],
            Pattern = node["pattern"] is { } pattern ? new Regex(pattern.GetValue<string>(), RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)) : null,
            Properties = ReadProperties(node, pointer),
            Required = Names(node["required"]),
            AllowsAdditionalProperties = node["additionalProperties"] is JsonObject || (node["additionalProperties"] is JsonValue any && any.GetValue<bool>()),
            AdditionalProperties = node["additionalProperties"] is JsonObject additional ? Read(additional, pointer + "/additionalProperties") : null,
            Items = node["items"] is JsonObject items ? Read(items, pointer + "/items") : null,
            AllOf = ReadList(node["allOf"], pointer + "/allOf"),
            AnyOf = ReadList(node["anyOf"], pointer + "/anyOf"),
            Omits = Names(node["x-omits"]),
            When = (string?)node["x-when"],
            Sections = node["x-sections"]?.AsObject().ToDictionary(pair => pair.Key, pair => (IReadOnlySet<string>)Names(pair.Value)),
        };
    }

    private ContractSchema Resolve(string reference)
    {
        if (_references.TryGetValue(reference, out var known))
            return known;
        JsonNode? node = document;
        foreach (var segment in reference.TrimStart('#', '/').Split('/'))
            node = node?[segment];
        if (node is not JsonObject target)
            throw new InvalidDataException($"The contract refers to {reference}, which does not exist.");
        return _references[reference] = Read(target, reference);
    }

    private Dictionary<string, ContractSchema>? ReadProperties(JsonObject node, string pointer)
    {
        var properties = (node["properties"] as JsonObject)?.ToDictionary(
            pair => pair.Key, pair => Read(pair.Value!.AsObject(), $"{pointer}/properties/{pair.Key}"));
        foreach (var allowance in ContractAllowances.Properties.Where(allowance => allowance.At == pointer))
        {
            properties ??= [];
            properties[allowance.Name] = Read(JsonNode.Parse(allowance.Schema)!.AsObject(), $"{pointer}/properties/{allowance.Name}");
        }
        return properties;
    }

    private List<ContractSchema> ReadList(JsonNode? node, string pointer) =>
        node is JsonArray parts ? [.. parts.Select((part, index) => Read(part!.AsObject(), $"{pointer}/{index}"))] : [];

    private static List<JsonElement>? ReadValues(JsonObject node, string pointer)
    {
        if (node["enum"] is not JsonArray values || ContractAllowances.OpenEnumerations.ContainsKey(pointer))
            return null;
        // An additional value may carry a remark in brackets: "tcaptcha (deprecated)".
        var additional = (node["x-additional-values"] as JsonArray ?? []).Select(value =>
            value is JsonValue text && text.TryGetValue<string>(out var named) ? JsonValue.Create(named.Split(" (")[0]) : value);
        var allowed = ContractAllowances.Values.Where(allowance => allowance.At == pointer).Select(allowance => (JsonNode?)JsonValue.Create(allowance.Value));
        return [.. values.Concat(additional).Concat(allowed).Select(value => JsonSerializer.SerializeToElement(value))];
    }

    private static HashSet<string> Names(JsonNode? node) =>
        node is JsonArray names ? [.. names.Select(name => name!.GetValue<string>())] : [];
}
