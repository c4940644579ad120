using Cloudreve.LocalHost.Workers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.Extensions.DependencyInjection;

namespace Cloudreve.LocalHost.Http;

/// <summary>
/// Picks the function of a request by the host's rule: alphabetical by the function's name, regardless of case, and the first
/// whose route and method match wins, however literal the others are.
/// </summary>
public sealed class FunctionRoutes : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().AddRouting().BuildServiceProvider();
    private readonly List<(FunctionDefinition Function, Route Route)> _routes;

    /// <summary>Maps the HTTP functions among others.</summary>
    /// <param name="functions">The app's functions, in any order.</param>
    /// <param name="routePrefix">The prefix from host.json; empty for none.</param>
    public FunctionRoutes(IEnumerable<FunctionDefinition> functions, string routePrefix)
    {
        var constraints = _services.GetRequiredService<IInlineConstraintResolver>();
        _routes =
        [
            .. functions
                .Where(function => function.Route is not null)
                .OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
                .Select(function => (function, Map(function, routePrefix, constraints))),
        ];
    }

    /// <summary>Picks the function of a request.</summary>
    /// <param name="method">The request's method.</param>
    /// <param name="path">The decoded path.</param>
    /// <returns>The function and its route values; null when none matches.</returns>
    public async Task<SelectedFunction?> SelectAsync(string method, PathString path)
    {
        var request = new DefaultHttpContext { RequestServices = _services };
        request.Request.Method = method;
        request.Request.Path = path;
        foreach (var (function, route) in _routes)
        {
            var context = new RouteContext(request);
            await route.RouteAsync(context);
            if (context.Handler is not null)
                return new SelectedFunction(function, ReadValues(route, context));
        }
        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _services.Dispose();

    private static Route Map(FunctionDefinition function, string routePrefix, IInlineConstraintResolver resolver)
    {
        var template = routePrefix.Length == 0 ? function.Route! : routePrefix + '/' + function.Route;
        var constraints = new RouteValueDictionary();
        if (function.Methods.Count > 0)
            constraints["httpMethod"] = new HttpMethodRouteConstraint([.. function.Methods]);
        return new Route(new RouteHandler(_ => Task.CompletedTask), function.Name, template, null, constraints!, null, resolver);
    }

    /// <summary>An optional part that the path does not have also has a value: null.</summary>
    private static Dictionary<string, string?> ReadValues(Route route, RouteContext context)
    {
        var values = context.RouteData.Values.ToDictionary(
            value => value.Key, value => value.Value?.ToString(), StringComparer.OrdinalIgnoreCase);
        foreach (var optional in route.ParsedTemplate.Parameters.Where(parameter => parameter.IsOptional))
            values.TryAdd(optional.Name!, null);
        return values;
    }
}
