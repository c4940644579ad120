using System.Text.Json;
using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>The examples of the contract, as test data.</summary>
public static class ContractExamples
{
    /// <summary>The file that names the endpoints that the app does not have yet, from the repository's root.</summary>
    public const string UnroutedListName = "tests/contract/not-yet-routed.txt";

    /// <summary>Operation id and example name of each example answer.</summary>
    public static TheoryData<string, string> Responses => [.. OpenApiContract.Current.Operations.SelectMany(operation =>
        (operation.Responses.GetValueOrDefault(200)?.Examples.Keys ?? []).Select(name => (operation.Id, name)))];

    /// <summary>Operation id and example name of each example request.</summary>
    public static TheoryData<string, string> Requests => [.. OpenApiContract.Current.Operations.SelectMany(operation =>
        (operation.RequestBody?.Examples.Keys ?? []).Select(name => (operation.Id, name)))];

    /// <summary>The ids of the endpoints below the prefix that the app has.</summary>
    public static TheoryData<string> RoutedEndpoints => [.. Routed().Select(endpoint => endpoint.OperationId)];

    /// <summary>The ids of those that need a signed-in caller.</summary>
    public static TheoryData<string> ProtectedEndpoints =>
        [.. Routed().Where(endpoint => endpoint.Auth is "required" or "admin").Select(endpoint => endpoint.OperationId)];

    /// <summary>The ids of those that look at who calls.</summary>
    public static TheoryData<string> EndpointsWithCallers =>
        [.. Routed().Where(endpoint => endpoint.Auth is "optional" or "required" or "admin").Select(endpoint => endpoint.OperationId)];

    /// <summary>The ids of those for administrators.</summary>
    public static TheoryData<string> AdministratorEndpoints =>
        [.. Routed().Where(endpoint => endpoint.Auth is "admin").Select(endpoint => endpoint.OperationId)];

    /// <summary>The endpoints that the app does not have yet, as method and path.</summary>
    public static IReadOnlyList<string> Unrouted { get; } =
        [.. File.ReadAllLines(Path.Combine(AzuriteServer.RepositoryRoot, UnroutedListName)).Where(line => line.Length > 0)];

    /// <summary>An endpoint as <see cref="Unrouted"/> names it.</summary>
    public static string Line(ContractEndpoint endpoint) => $"{endpoint.Method} {endpoint.FullPath}";

    /// <summary>The endpoint of an operation id.</summary>
    public static ContractEndpoint Endpoint(string operationId) => OpenApiContract.Current.Endpoints.Single(endpoint => endpoint.OperationId == operationId);

    /// <summary>The body of an example answer.</summary>
    public static JsonElement Response(string operationId, string name) =>
        JsonSerializer.SerializeToElement(OpenApiContract.Current.Operation(operationId).Responses[200]!.Examples[name]);

    /// <summary>The body of an example request.</summary>
    public static JsonElement Request(string operationId, string name) =>
        JsonSerializer.SerializeToElement(OpenApiContract.Current.Operation(operationId).RequestBody!.Examples[name]);

    /// <summary>A path that calls an operation.</summary>
    public static string PathOf(ContractOperation operation) => OpenApiContract.Prefix + Fill(operation.Path);

    /// <summary>A path that calls an endpoint.</summary>
    public static string PathOf(ContractEndpoint endpoint) => (endpoint.OutsidePrefix ? "" : OpenApiContract.Prefix) + Fill(endpoint.Path);

    private static string Fill(PathTemplate template) => string.Join('/', template.Text.Split('/').Select(segment => segment switch
    {
        "{section}" => "basic",
        "*" => "1",
        _ when segment.StartsWith('{') => "1",
        _ => segment,
    }));

    private static IEnumerable<ContractEndpoint> Routed() =>
        OpenApiContract.Current.Endpoints.Where(endpoint => !endpoint.OutsidePrefix && !Unrouted.Contains(Line(endpoint)));
}
