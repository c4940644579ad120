using System.Text.Json.Nodes;

namespace Cloudreve.Testing.Contract;

/// <summary>Reads the operations of the OpenAPI file.</summary>
/// <param name="document">The OpenAPI file.</param>
/// <param name="schemas">Reads its schemas.</param>
internal sealed class OperationReader(JsonObject document, SchemaReader schemas)
{
    /// <summary>All operations.</summary>
    public IEnumerable<ContractOperation> Read() =>
        from path in document["paths"]!.AsObject()
        from method in path.Value!.AsObject()
        select Read(path.Key, method.Key, method.Value!.AsObject());

    private ContractOperation Read(string path, string method, JsonObject node)
    {
        var pointer = $"#/paths/{path}/{method}";
        return new ContractOperation(
            (string)node["operationId"]!,
            method.ToUpperInvariant(),
            new PathTemplate(path),
            (string)node["x-auth"]!,
            (string)node["x-edition"]!,
            [.. (node["parameters"] as JsonArray ?? []).Select(parameter => ReadParameter(parameter!.AsObject(), pointer))],
            node["requestBody"] is JsonObject body ? ReadContent(body, pointer + "/requestBody") : null,
            node["responses"]!.AsObject().ToDictionary(
                response => int.Parse(response.Key), response => ReadContent(response.Value!.AsObject(), $"{pointer}/responses/{response.Key}")));
    }

    private ContractParameter ReadParameter(JsonObject node, string pointer)
    {
        var name = (string)node["name"]!;
        return new ContractParameter(
            name, (string)node["in"]!, (bool?)node["required"] ?? false, schemas.Read(node["schema"]!.AsObject(), $"{pointer}/parameters/{name}"));
    }

    private ContractContent? ReadContent(JsonObject node, string pointer)
    {
        if (node["content"]?.AsObject().SingleOrDefault() is not { Value: JsonObject content, Key: var mediaType })
            return null;
        return new ContractContent(mediaType, schemas.Read(content["schema"]!.AsObject(), $"{pointer}/content/{mediaType}/schema"), ReadExamples(content));
    }

    private static Dictionary<string, JsonNode?> ReadExamples(JsonObject content)
    {
        var examples = (content["examples"] as JsonObject ?? []).ToDictionary(pair => pair.Key, pair => pair.Value!["value"]);
        if (content.TryGetPropertyValue("example", out var example))
            examples["example"] = example;
        return examples;
    }
}
