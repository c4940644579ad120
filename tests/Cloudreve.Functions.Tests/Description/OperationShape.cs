using System.Text.Json.Nodes;
using Cloudreve.Testing.Contract;

namespace Cloudreve.Functions.Tests.Description;

/// <summary>
/// Writes the inputs and outputs of an operation as lines, such as <c>body uris[]: string</c> or <c>data files[].size: integer</c>, so that
/// the contract and the app's description can be compared.
/// </summary>
internal static class OperationShape
{
    private const int MaxDepth = 6;

    /// <summary>The lines of an operation of the contract.</summary>
    public static SortedSet<string> Of(ContractOperation operation)
    {
        var lines = new SortedSet<string>(StringComparer.Ordinal) { $"auth {(operation.Auth == "admin" ? "required" : operation.Auth)}" };
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "query"))
            lines.Add($"query {parameter.Name}: {Plain(parameter.Schema.Type)}");
        if (operation.RequestBody is { } body)
            Walk(lines, "body", body.Schema, 0);
        if (operation.Responses.GetValueOrDefault(200)?.Schema is { } answer)
            Walk(lines, "", answer, 0);
        return lines;
    }

    /// <summary>The lines of an operation of the app's description.</summary>
    /// <param name="document">The description.</param>
    public static SortedSet<string> Of(JsonObject operation, JsonObject document)
    {
        var security = operation["security"]!.AsArray();
        var lines = new SortedSet<string>(StringComparer.Ordinal)
        {
            $"auth {security.Count switch { 0 => "none", 1 => "required", _ => "optional" }}",
        };
        foreach (var parameter in (operation["parameters"] as JsonArray ?? []).Where(parameter => (string?)parameter!["in"] == "query"))
            lines.Add($"query {parameter!["name"]}: {parameter["schema"]!["type"]}");
        if (operation["requestBody"]?["content"]?["application/json"]?["schema"] is JsonObject body)
            Walk(lines, "body", body, document, 0);
        if (operation["responses"]!["200"]?["content"]?["application/json"]?["schema"] is JsonObject answer)
            Walk(lines, "", answer, document, 0);
        return lines;
    }

    private static void Walk(SortedSet<string> lines, string at, ContractSchema schema, int depth)
    {
        if (depth > MaxDepth)
            return;
        if (schema.Reference is { } reference)
            Walk(lines, at, reference, depth);
        foreach (var part in schema.AllOf.Concat(schema.AnyOf))
            Walk(lines, at, part, depth);
        if (schema.Type is { } type)
            lines.Add($"{at}: {Plain(type)}");
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, ContractSchema>())
            Walk(lines, Join(at, name), property, depth + 1);
        if (schema.AdditionalProperties is { } values)
            Walk(lines, at + "{}", values, depth + 1);
        if (schema.Items is { } items)
            Walk(lines, at + "[]", items, depth + 1);
    }

    private static void Walk(SortedSet<string> lines, string at, JsonObject schema, JsonObject document, int depth)
    {
        if (depth > MaxDepth)
            return;
        if ((string?)schema["$ref"] is { } reference)
            Walk(lines, at, Resolve(document, reference), document, depth);
        foreach (var part in schema["allOf"] as JsonArray ?? [])
            Walk(lines, at, part!.AsObject(), document, depth);
        if (schema["type"] is { } type)
            lines.Add($"{at}: {type}");
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            Walk(lines, Join(at, name), property!.AsObject(), document, depth + 1);
        if (schema["additionalProperties"] is JsonObject values)
            Walk(lines, at + "{}", values, document, depth + 1);
        if (schema["items"] is JsonObject items)
            Walk(lines, at + "[]", items, document, depth + 1);
    }

    private static JsonObject Resolve(JsonObject document, string reference) =>
        reference.Split('/').Skip(1).Aggregate((JsonNode)document, (node, step) => node[step]!).AsObject();

    /// <summary>The contract often calls whole numbers just numbers.</summary>
    private static string? Plain(string? type) => type == "number" ? "integer" : type;

    private static string Join(string at, string name) => at.Length == 0 ? name : at + "." + name;
}
