using System.Text;
using System.Text.Json.Nodes;
using Cloudreve.Functions.Api.Description;
using Cloudreve.Functions.Api.Edge;
using Cloudreve.Testing.Contract;
using Microsoft.OpenApi;
using Xunit;

namespace Cloudreve.Functions.Tests.Description;

/// <summary>The description of the API that the app writes of itself.</summary>
public sealed class ApiDescriptionTests
{
    private static readonly JsonObject s_document = ApiDescription.Write(new HttpFunctions(typeof(ApiDescription).Assembly));

    [Fact]
    public void Given_the_contracts_operations_when_compared_with_the_description_then_few_differ()
    {
        var differences = OpenApiContract.Current.Operations.SelectMany(Differences).ToList();

        var unknown = string.Join('\n', differences.Where(line => !KnownDifferences.Explain(line)));
        Assert.True(unknown.Length == 0, unknown);
        Assert.Equal("", string.Join('\n', KnownDifferences.Unused(differences)));
    }

    [Fact]
    public void Given_the_operations_of_the_contract_when_they_are_looked_up_then_they_have_the_same_ids()
    {
        var ids = OpenApiContract.Current.Operations
            .Select(operation => (operation.Id, Described: (string?)Find(operation)?["operationId"]))
            .Where(operation => operation.Described is not null);

        Assert.All(ids, operation => Assert.Equal(operation.Id, operation.Described, ignoreCase: true));
    }

    [Fact]
    public async Task Given_the_description_when_a_reader_of_openapi_reads_it_then_it_finds_no_error()
    {
        await using var stream = new MemoryStream(Encoding.UTF8.GetBytes(s_document.ToJsonString()));

        var (document, diagnostic) = await OpenApiDocument.LoadAsync(stream, "json");

        Assert.Empty(diagnostic!.Errors);
        Assert.Empty(diagnostic.Warnings);
        Assert.Equal(s_document["paths"]!.AsObject().Count, document!.Paths.Count);
    }

    [Fact]
    public void Given_the_description_when_its_references_are_followed_then_each_leads_to_a_component()
    {
        var schemas = s_document["components"]!["schemas"]!.AsObject();

        var references = Nodes(s_document).OfType<JsonObject>().Select(node => (string?)node["$ref"]).OfType<string>().ToHashSet();

        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.True(schemas.ContainsKey(reference.Replace("#/components/schemas/", "", StringComparison.Ordinal)), reference));
    }

    private static IEnumerable<string> Differences(ContractOperation operation)
    {
        if (Find(operation) is not { } described)
            return [];
        var (contract, app) = (OperationShape.Of(operation), OperationShape.Of(described, s_document));
        return contract.Except(app).Select(line => $"{operation.Id} - {line}").Concat(app.Except(contract).Select(line => $"{operation.Id} + {line}"));
    }

    private static JsonObject? Find(ContractOperation operation)
    {
        var shape = new PathTemplate(OpenApiContract.Prefix + operation.Path.Text).Shape;
        return s_document["paths"]!.AsObject().FirstOrDefault(path => new PathTemplate(path.Key).Shape == shape).Value?[operation.Method.ToLowerInvariant()]?.AsObject();
    }

    private static IEnumerable<JsonNode> Nodes(JsonNode node) => node switch
    {
        JsonObject parent => parent.Select(property => property.Value).OfType<JsonNode>().SelectMany(Nodes).Prepend(parent),
        JsonArray list => list.OfType<JsonNode>().SelectMany(Nodes),
        _ => [node],
    };
}
