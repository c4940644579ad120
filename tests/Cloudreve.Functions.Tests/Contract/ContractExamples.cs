using System.Text.Json;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>The examples of the contract, as test data.</summary>
public static class ContractExamples
{
    /// <summary>Operation id and example name of each example answer.</summary>
    public static TheoryData<string, string> Responses => [.. OpenApiContract.Current.Operations.SelectMany(operation =>
        (operation.Responses.GetValueOrDefault(200)?.Examples.Keys ?? []).Select(name => (operation.Id, name)))];

    /// <summary>Operation id and example name of each example request.</summary>
    public static TheoryData<string, string> Requests => [.. OpenApiContract.Current.Operations.SelectMany(operation =>
        (operation.RequestBody?.Examples.Keys ?? []).Select(name => (operation.Id, name)))];

    /// <summary>The body of an example answer.</summary>
    public static JsonElement Response(string operationId, string name) =>
        JsonSerializer.SerializeToElement(OpenApiContract.Current.Operation(operationId).Responses[200]!.Examples[name]);

    /// <summary>The body of an example request.</summary>
    public static JsonElement Request(string operationId, string name) =>
        JsonSerializer.SerializeToElement(OpenApiContract.Current.Operation(operationId).RequestBody!.Examples[name]);

    /// <summary>A path that calls an operation, made of the examples of its parameters.</summary>
    public static string Path(ContractOperation operation) =>
        OpenApiContract.Prefix + string.Join('/', operation.Path.Text.Split('/').Select(segment => segment switch
        {
            "{section}" => "basic",
            _ when segment.StartsWith('{') => "1",
            _ => segment,
        }));
}
