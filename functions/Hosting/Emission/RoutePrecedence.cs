using System.Globalization;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;

namespace Cloudreve.Functions.Hosting.Emission;

/// <summary>
/// Checks that a Functions host finds the same function for a request as ASP.NET Core's own routing: the host takes the first match
/// in the alphabetical order of the functions' names, whatever is more specific.
/// </summary>
internal sealed class RoutePrecedence(ParameterPolicyFactory policies)
{
    // Values of parameters that satisfy the usual constraints.
    private static readonly string[] SampleValues = ["x", "1", "true", "00000000-0000-0000-0000-000000000001", "2026-01-01"];

    /// <summary>Checks all functions against each other and against the paths of invocations.</summary>
    /// <param name="functions">The HTTP functions.</param>
    /// <param name="invocations">Names of trigger functions, whose paths no HTTP function may open to the outside.</param>
    /// <exception cref="InvalidOperationException">A function would get another one's requests.</exception>
    public void Check(IReadOnlyList<HttpFunction> functions, IReadOnlyList<string> invocations)
    {
        HttpFunction[] inHostOrder = [.. functions.OrderBy(f => f.Name, StringComparer.OrdinalIgnoreCase)];
        foreach (var function in functions)
        {
            foreach (var method in function.Methods)
                CheckFirst(inHostOrder, function, method);
        }
        foreach (var name in invocations)
        {
            if (functions.FirstOrDefault(f => f.Methods.Contains(HttpMethods.Post) && Matches(f.Pattern, "/" + name)) is { } open)
                throw new InvalidOperationException($"The route of {open.Name} would let anybody invoke {name}.");
        }
    }

    private void CheckFirst(HttpFunction[] inHostOrder, HttpFunction function, string method)
    {
        var path = SamplePath(function);
        var first = inHostOrder.First(f => f.Methods.Contains(method) && Matches(f.Pattern, path));
        if (first != function)
            throw new InvalidOperationException(
                $"{first.Name} comes before {function.Name} and would take {method} {path}: give {function.Name} a name that sorts first.");
    }

    private string SamplePath(HttpFunction function)
    {
        foreach (var value in SampleValues)
        {
            var path = Fill(function.Pattern, value);
            if (Matches(function.Pattern, path))
                return path;
        }
        throw new InvalidOperationException($"No sample path satisfies the constraints of {function.Name}.");
    }

    private static string Fill(RoutePattern pattern, string value) =>
        "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            _ => value,
        }))));

    private bool Matches(RoutePattern pattern, string path)
    {
        var values = new RouteValueDictionary();
        if (!new TemplateMatcher(new RouteTemplate(pattern), new RouteValueDictionary(pattern.Defaults)).TryMatch(path, values))
            return false;
        return pattern.ParameterPolicies.All(named => named.Value.All(reference => Satisfies(pattern, named.Key, reference, values)));
    }

    private bool Satisfies(RoutePattern pattern, string name, RoutePatternParameterPolicyReference reference, RouteValueDictionary values)
    {
        if (policies.Create(pattern.GetParameter(name), reference) is not IRouteConstraint constraint)
            return true;
        // An absent optional parameter has nothing to satisfy.
        return string.IsNullOrEmpty(Convert.ToString(values[name], CultureInfo.InvariantCulture)) && pattern.GetParameter(name)!.IsOptional
            || constraint.Match(httpContext: null, route: null, name, values, RouteDirection.IncomingRequest);
    }
}
