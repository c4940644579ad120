using Cloudreve.Functions.Hosting.Bindings;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Cloudreve.Functions.Hosting.Emission;

/// <summary>An HTTP endpoint seen as a function.</summary>
/// <param name="Name">The endpoint's name.</param>
/// <param name="Pattern">Its route.</param>
/// <param name="Methods">Upper-case methods.</param>
internal sealed record HttpFunction(string Name, RoutePattern Pattern, IReadOnlyList<string> Methods)
{
    /// <summary>The functions of all endpoints.</summary>
    /// <param name="endpoints">The app's endpoints.</param>
    /// <exception cref="InvalidOperationException">An endpoint has no name, no method or a route that the host refuses.</exception>
    public static IReadOnlyList<HttpFunction> Of(IEnumerable<Endpoint> endpoints) => [.. endpoints.OfType<RouteEndpoint>().Select(Of)];

    /// <summary>What <c>function.json</c> says. One input and one output: with any more the host would not forward the request as it is.</summary>
    public FunctionDefinition Definition =>
        new([new HttpTrigger(Template(Pattern), [.. Methods.Select(m => m.ToLowerInvariant())]), new HttpOutput()]);

    private static HttpFunction Of(RouteEndpoint endpoint)
    {
        var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName
            ?? throw new InvalidOperationException($"The endpoint {endpoint.DisplayName} has no name.");
        var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];
        if (methods.Count == 0)
            throw new InvalidOperationException($"The endpoint {name} names no method.");
        if (endpoint.RoutePattern.PathSegments is [{ Parts: [RoutePatternLiteralPart first] }, ..] && first.Content.ToUpperInvariant() is "ADMIN" or "RUNTIME")
            throw new InvalidOperationException($"The route of {name} starts with {first.Content}, which the host keeps for itself.");
        return new HttpFunction(name, endpoint.RoutePattern, methods);
    }

    /// <summary>The host's templates are those of ASP.NET Core without the leading slash; its older parser knows one asterisk only.</summary>
    private static string Template(RoutePattern pattern) =>
        (pattern.RawText ?? "").TrimStart('/').Replace("{**", "{*", StringComparison.Ordinal);
}
