using Cloudreve.Functions.Api.Edge;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>Compares the app's routes with the contract's list of endpoints.</summary>
public sealed class RouteCoverageTests
{
    [Fact]
    public void Given_the_contracts_endpoints_when_looked_up_in_the_app_then_the_listed_ones_are_missing()
    {
        var routed = RoutedShapes();

        var missing = OpenApiContract.Current.Endpoints.Where(endpoint => !routed.Contains(ShapeOf(endpoint))).Select(ContractExamples.Line).Order(StringComparer.Ordinal).ToList();

        var listed = ContractExamples.Unrouted;
        Assert.True(
            missing.SequenceEqual(listed),
            $"{ContractExamples.UnroutedListName} must list exactly the contract's endpoints that are not routed, in ordinal order.\n"
            + $"Routed, so remove: {string.Join("; ", listed.Except(missing))}\n"
            + $"Not routed (any more): {string.Join("; ", missing.Except(listed))}\n");
    }

    [Fact]
    public void Given_the_apps_routes_when_looked_up_in_the_contract_then_it_has_all_of_them()
    {
        // HEAD requests what GET returns, and needs no documentation of its own.
        var documented = OpenApiContract.Current.Endpoints.Select(ShapeOf)
            .SelectMany(shape => shape.StartsWith("GET ", StringComparison.Ordinal) ? [shape, "HEAD " + shape[4..]] : (string[])[shape])
            .ToHashSet();

        var invented = RoutedShapes().Where(shape => shape.Split(' ')[1].StartsWith(OpenApiContract.Prefix + "/", StringComparison.Ordinal)).Except(documented);

        Assert.Empty(invented);
    }

    private static HashSet<string> RoutedShapes() =>
        [.. new HttpFunctions(typeof(HttpFunction).Assembly).All
            .SelectMany(function => function.Methods.Select(method => $"{method} {new PathTemplate("/" + function.Route).Shape}"))];

    private static string ShapeOf(ContractEndpoint endpoint) => $"{endpoint.Method} {new PathTemplate(endpoint.FullPath).Shape}";
}
