using System.Globalization;
using System.Text.Json;

namespace Cloudreve.Testing.Contract;

/// <summary>Checks the path and the query of requests.</summary>
internal static class RequestParameters
{
    /// <summary>Finds violations of an operation's documentation by a path and a query.</summary>
    /// <param name="path">The path below the prefix, escaped.</param>
    /// <param name="query">The query with its question mark, escaped, or an empty string.</param>
    public static IEnumerable<ContractProblem> Validate(ContractOperation operation, string path, string query)
    {
        var inPath = operation.Path.Match(path)!;
        var inQuery = Parse(query);
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "path"))
        {
            foreach (var problem in ValidateValue(parameter, inPath[parameter.Name]))
                yield return problem;
        }
        foreach (var parameter in operation.Parameters.Where(parameter => parameter.In == "query"))
        {
            if (parameter.Required && !inQuery.Contains(parameter.Name))
                yield return new(Place(parameter), "is missing");
            foreach (var problem in inQuery[parameter.Name].SelectMany(value => ValidateValue(parameter, value)))
                yield return problem;
        }
        foreach (var unknown in inQuery.Where(given => !operation.Parameters.Any(parameter => parameter.In == "query" && parameter.Name == given.Key)))
            yield return new("query " + unknown.Key, "is not documented");
    }

    private static ILookup<string, string> Parse(string query) =>
        query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('=', 2))
            .ToLookup(pair => Decode(pair[0]), pair => pair.Length > 1 ? Decode(pair[1]) : "");

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static IEnumerable<ContractProblem> ValidateValue(ContractParameter parameter, string text) =>
        SchemaValidator.Validate(AsJson(text, parameter.Schema.Type), parameter.Schema, Place(parameter));

    // A parameter is text; read as its type it is a JSON value. What cannot be read stays a string, which is then of the wrong type.
    private static JsonElement AsJson(string text, string? type) => type switch
    {
        "integer" when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer) => JsonSerializer.SerializeToElement(integer),
        "number" when decimal.TryParse(text, CultureInfo.InvariantCulture, out var number) => JsonSerializer.SerializeToElement(number),
        "boolean" when bool.TryParse(text, out var flag) => JsonSerializer.SerializeToElement(flag),
        _ => JsonSerializer.SerializeToElement(text),
    };

    private static string Place(ContractParameter parameter) => $"{parameter.In} {parameter.Name}";
}
