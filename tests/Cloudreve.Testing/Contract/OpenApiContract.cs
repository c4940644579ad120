using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Testing.Contract;

/// <summary>The API contract: operations and schemas of the OpenAPI file, codes and further operations of its companions.</summary>
public sealed partial class OpenApiContract
{
    /// <summary>The prefix of all paths of the contract.</summary>
    public const string Prefix = "/api/v4";

    private static readonly Lazy<OpenApiContract> s_current = new(() => new OpenApiContract(Path.Combine(AzuriteServer.RepositoryRoot, "docs", "contract")));

    private OpenApiContract(string folder)
    {
        var document = YamlDocumentReader.Read(Path.Combine(folder, "cloudreve-v4.openapi.yaml"));
        var schemas = new SchemaReader(document);
        Schemas = document["components"]!["schemas"]!.AsObject().Select(pair => pair.Key).ToDictionary(
            name => name, name => schemas.Read(new JsonObject { ["$ref"] = $"#/components/schemas/{name}" }, "#").Reference!);
        Operations = [.. new OperationReader(document, schemas).Read()];
        Endpoints = ContractEndpoint.ReadAll(Path.Combine(folder, "endpoints.tsv"));
        Codes = ReadCodes(File.ReadLines(Path.Combine(folder, "behaviour.md")));
    }

    /// <summary>The contract of this repository, read once.</summary>
    public static OpenApiContract Current => s_current.Value;

    /// <summary>The operations of the OpenAPI file.</summary>
    public IReadOnlyList<ContractOperation> Operations { get; }

    /// <summary>All endpoints, also those that the OpenAPI file lacks.</summary>
    public IReadOnlyList<ContractEndpoint> Endpoints { get; }

    /// <summary>The named schemas.</summary>
    public IReadOnlyDictionary<string, ContractSchema> Schemas { get; }

    /// <summary>The documented numeric codes (behaviour.md, section 2).</summary>
    public IReadOnlySet<int> Codes { get; }

    /// <summary>The operation that a request calls, or null where the OpenAPI file has none.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path with the prefix, escaped, without a query.</param>
    public ContractOperation? Find(string method, string path) =>
        Relative(path) is not { } relative
            ? null
            : Operations
                .Where(operation => operation.Method.Equals(method, StringComparison.OrdinalIgnoreCase) && operation.Path.Match(relative) is not null)
                .MaxBy(operation => operation.Path.LiteralCount);

    /// <summary>The endpoint that a request calls, or null where the contract has none.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">The path with the prefix, escaped, without a query.</param>
    public ContractEndpoint? FindEndpoint(string method, string path) =>
        Relative(path) is not { } relative
            ? null
            : Endpoints
                .Where(endpoint => !endpoint.OutsidePrefix && endpoint.Method.Equals(method, StringComparison.OrdinalIgnoreCase) && endpoint.Path.Match(relative) is not null)
                .MaxBy(endpoint => endpoint.Path.LiteralCount);

    /// <summary>The operation of an id.</summary>
    /// <param name="id">The operation's id.</param>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public ContractOperation Operation(string id) =>
        Operations.FirstOrDefault(operation => operation.Id == id) ?? throw new KeyNotFoundException($"The contract has no operation '{id}'.");

    internal static string? Relative(string path) =>
        path.StartsWith(Prefix + "/", StringComparison.Ordinal) ? path[Prefix.Length..] : null;

    private static HashSet<int> ReadCodes(IEnumerable<string> behaviour) =>
        [.. behaviour
            .SkipWhile(line => !line.StartsWith("## 2.", StringComparison.Ordinal))
            .Skip(1)
            .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .SelectMany(line => CodePattern().Matches(line))
            .Select(match => int.Parse(match.Groups["code"].ValueSpan))];

    // An entry is "<code> <meaning>"; entries follow a bullet or a semicolon.
    [GeneratedRegex(@"(^- |; )(?<code>-?\d+) ", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CodePattern();
}
