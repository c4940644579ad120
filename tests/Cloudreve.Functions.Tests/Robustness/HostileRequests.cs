using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Functions.Tests.Contract;
using Cloudreve.Testing.Contract;

namespace Cloudreve.Functions.Tests.Robustness;

/// <summary>A malformed request and what is malformed about it.</summary>
/// <param name="Fault">The malformed part.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="PathAndQuery">Path and query, sent as they are.</param>
/// <param name="Body">The body, or null for none.</param>
/// <param name="ContentType">Its content type, or null for none.</param>
internal sealed record HostileRequest(string Fault, string Method, string PathAndQuery, byte[]? Body = null, string? ContentType = null)
{
    /// <summary>A message that a client can send once.</summary>
    /// <param name="address">The app.</param>
    public HttpRequestMessage ToMessage(Uri address)
    {
        // Without this option the client would repair broken escapes and resolve dots.
        var uri = new Uri(
            address.GetLeftPart(UriPartial.Authority) + PathAndQuery, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(new HttpMethod(Method), uri);
        message.Options.Set(ContractHandler.Undocumented, true);
        if (Body is null)
            return message;
        message.Content = new ByteArrayContent(Body);
        message.Content.Headers.ContentType = ContentType is null ? null : MediaTypeHeaderValue.Parse(ContentType);
        return message;
    }
}

/// <summary>Makes malformed requests from what the contract documents: one fault each, always the same ones.</summary>
internal static class HostileRequests
{
    private const string Json = "application/json";

    /// <summary>The malformed requests to an endpoint.</summary>
    public static IEnumerable<HostileRequest> For(ContractEndpoint endpoint)
    {
        var operation = OperationOf(endpoint);
        var path = ContractExamples.PathOf(endpoint);
        var query = operation is null ? "" : Query(operation);
        var example = ExampleOf(operation);
        var valid = Documented(endpoint);
        return Paths(endpoint, valid, query)
            .Concat(operation is null ? [] : Queries(operation, valid, path))
            .Concat(Bodies(valid))
            .Concat(example is JsonObject body ? Properties(body, valid) : [])
            .Concat(MutatedRequests.Of(valid, endpoint.OperationId));
    }

    /// <summary>The request that the others depart from: nothing is malformed.</summary>
    public static HostileRequest Documented(ContractEndpoint endpoint)
    {
        var operation = OperationOf(endpoint);
        var example = ExampleOf(operation);
        return new HostileRequest(
            "", endpoint.Method, ContractExamples.PathOf(endpoint) + (operation is null ? "" : Query(operation)),
            example is null ? null : Bytes(example), example is null ? null : Json);
    }

    private static ContractOperation? OperationOf(ContractEndpoint endpoint) =>
        OpenApiContract.Current.Operations.FirstOrDefault(operation => operation.Id == endpoint.OperationId);

    private static JsonNode? ExampleOf(ContractOperation? operation) =>
        operation?.RequestBody is { MediaType: Json, Examples: { Count: > 0 } examples } ? examples.Values.First() : null;

    private static IEnumerable<HostileRequest> Paths(ContractEndpoint endpoint, HostileRequest valid, string query)
    {
        var segments = ContractExamples.PathOf(endpoint).Split('/');
        var names = endpoint.FullPath.Split('/');
        return
            from index in Enumerable.Range(0, names.Length)
            where names[index].StartsWith('{')
            // The HTTP server itself refuses NUL in a path; the app never sees it.
            from value in HostileValues.Escaped.Where(value => value != "%00")
            let path = string.Join('/', segments.Select((segment, i) => i == index ? value : segment))
            select valid with { Fault = $"path {names[index]} = {Short(value)}", PathAndQuery = path + query };
    }

    private static IEnumerable<HostileRequest> Queries(ContractOperation operation, HostileRequest valid, string path)
    {
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "query"))
        {
            yield return valid with { Fault = $"query {parameter.Name} is missing", PathAndQuery = path + Query(operation, parameter.Name, null) };
            foreach (var value in HostileValues.Escaped.Concat(parameter.Name == "uri" ? HostileValues.Uris.Select(Uri.EscapeDataString) : []))
                yield return valid with { Fault = $"query {parameter.Name} = {Short(value)}", PathAndQuery = path + Query(operation, parameter.Name, value) };
            yield return valid with
            {
                Fault = $"query {parameter.Name} is there twice",
                PathAndQuery = path + Query(operation, parameter.Name, $"1&{parameter.Name}=2"),
            };
        }
    }

    private static IEnumerable<HostileRequest> Bodies(HostileRequest valid)
    {
        foreach (var body in HostileValues.Bodies)
            yield return valid with { Fault = $"body = {Short(Encoding.Latin1.GetString(body))}", Body = body, ContentType = Json };
        yield return valid with { Fault = "there is no body", Body = null, ContentType = null };
        foreach (var contentType in (string?[])["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=utf-16", null])
            yield return valid with { Fault = $"content type = {contentType}", Body = valid.Body ?? "{}"u8.ToArray(), ContentType = contentType };
    }

    private static IEnumerable<HostileRequest> Properties(JsonObject body, HostileRequest valid)
    {
        yield return valid with { Fault = "an unknown property", Body = Change(body, root => root["zz_unknown"] = 1) };
        foreach (var place in Places(body))
        {
            var name = string.Join('/', place.Path);
            yield return valid with { Fault = $"{name} is missing", Body = Change(body, root => Parent(root, place.Path).AsObject().Remove(place.Path[^1])) };
            var isUri = place.Value is JsonValue text && text.TryGetValue<string>(out var uri) && uri.StartsWith("cloudreve://", StringComparison.Ordinal);
            var values = HostileValues.Json.Concat(isUri ? HostileValues.Uris.Select(value => JsonSerializer.Serialize(value)) : []);
            foreach (var value in values)
                yield return valid with { Fault = $"{name} = {Short(value)}", Body = Replace(body, place.Path, value) };
        }
    }

    // Properties of objects, at any depth; items of arrays through the first one.
    private static IEnumerable<(string[] Path, JsonNode? Value)> Places(JsonNode node, params string[] above) => node switch
    {
        JsonObject parent => parent.SelectMany(pair =>
            new[] { (Path: (string[])[.. above, pair.Key], pair.Value) }.Concat(pair.Value is null ? [] : Places(pair.Value, [.. above, pair.Key]))),
        JsonArray { Count: > 0 } items when items[0] is JsonObject first => Places(first, [.. above, "0"]),
        _ => [],
    };

    private static byte[] Change(JsonObject body, Action<JsonNode> change)
    {
        var copy = body.DeepClone();
        change(copy);
        return Bytes(copy);
    }

    // The value is put in as text, since a lone surrogate or a huge number cannot be held as a node.
    private static byte[] Replace(JsonObject body, string[] path, string value)
    {
        const string Mark = "@value-goes-here@";
        var text = Encoding.UTF8.GetString(Change(body, root => Parent(root, path)[path[^1]] = Mark));
        return Encoding.UTF8.GetBytes(text.Replace($"\"{Mark}\"", value, StringComparison.Ordinal));
    }

    private static JsonNode Parent(JsonNode root, string[] path) =>
        path[..^1].Aggregate(root, (node, segment) => node is JsonArray items ? items[int.Parse(segment)]! : node[segment]!);

    private static byte[] Bytes(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node);

    private static string Query(ContractOperation operation, string? changed = null, string? value = null)
    {
        var pairs = operation.Parameters.Where(parameter => parameter.In == "query" && (parameter.Required || parameter.Name == changed))
            .Select(parameter => parameter.Name == changed ? (value is null ? null : $"{parameter.Name}={value}") : $"{parameter.Name}={Plausible(parameter)}")
            .OfType<string>()
            .ToList();
        return pairs.Count == 0 ? "" : "?" + string.Join('&', pairs);
    }

    private static string Plausible(ContractParameter parameter) => parameter.Schema switch
    {
        { Values: [var first, ..] } => first.ToString(),
        { Type: "integer" or "number" } => "10",
        { Type: "boolean" } => "true",
        _ when parameter.Name == "uri" => "cloudreve%3A%2F%2Fmy",
        _ => "x",
    };

    private static string Short(string value) => value.Length <= 60 ? value : $"{value[..40]}... ({value.Length} characters)";
}
