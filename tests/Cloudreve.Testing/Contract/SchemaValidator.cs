using System.Text;
using System.Text.Json;

namespace Cloudreve.Testing.Contract;

/// <summary>
/// Checks JSON values by schemas of the contract. An object whose schemas name properties may have no others,
/// whichever part of a composition names them.
/// </summary>
public static class SchemaValidator
{
    /// <summary>Finds violations of a schema by a value; none where it conforms.</summary>
    /// <param name="at">The location of the value.</param>
    public static IReadOnlyList<ContractProblem> Validate(JsonElement value, ContractSchema schema, string at = "") =>
        Validate(value, [schema], at);

    private static IReadOnlyList<ContractProblem> Validate(JsonElement value, IReadOnlyList<ContractSchema> schemas, string at)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return schemas.All(schema => schema.AcceptsNull) ? [] : [new(at, "is null, which the contract does not allow")];
        var composition = new Composition();
        foreach (var schema in schemas)
            composition.Add(schema);
        return Validate(value, composition, at);
    }

    private static IReadOnlyList<ContractProblem> Validate(JsonElement value, Composition composition, string at)
    {
        if (!composition.TryTakeChoice(out var alternatives))
            return ValidatePlain(value, composition, at);
        // The alternative with the fewest problems is the one that was meant.
        return alternatives
            .Select(alternative =>
            {
                var choice = composition.Copy();
                choice.Add(alternative);
                return Validate(value, choice, at);
            })
            .MinBy(problems => problems.Count)!;
    }

    private static List<ContractProblem> ValidatePlain(JsonElement value, Composition composition, string at)
    {
        List<ContractProblem> problems = [];
        foreach (var schema in composition.Schemas)
        {
            if (schema.Type is { } type && !HasType(value, type))
            {
                problems.Add(new(at, $"is {Describe(value)}, not of type {type}"));
                continue;
            }
            if (schema.Values is { } values && !values.Any(allowed => JsonElement.DeepEquals(allowed, value)))
                problems.Add(new(at, $"is {Describe(value)}, not one of {string.Join(", ", values.Select(allowed => allowed.GetRawText()))}"));
            problems.AddRange(Bounds(value, schema).Select(message => new ContractProblem(at, message)));
        }
        if (value.ValueKind == JsonValueKind.Object)
            problems.AddRange(ValidateObject(value, composition, at));
        else if (value.ValueKind == JsonValueKind.Array)
            problems.AddRange(ValidateItems(value, composition, at));
        return problems;
    }

    private static bool HasType(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        _ => throw new InvalidDataException($"The contract uses the type '{type}', which this validator does not know."),
    };

    private static IEnumerable<string> Bounds(JsonElement value, ContractSchema schema) => value.ValueKind switch
    {
        JsonValueKind.String => StringBounds(value.GetString()!, schema),
        JsonValueKind.Number => NumberBounds(value, schema),
        JsonValueKind.Array => ArrayBounds(value.GetArrayLength(), schema),
        _ => [],
    };

    private static IEnumerable<string> StringBounds(string text, ContractSchema schema)
    {
        var length = text.EnumerateRunes().Count();
        if (length < schema.MinLength)
            yield return $"is shorter than {schema.MinLength} characters";
        if (length > schema.MaxLength)
            yield return $"is longer than {schema.MaxLength} characters";
        if (schema.Pattern is { } pattern && !pattern.IsMatch(text))
            yield return $"does not match the pattern {pattern}";
        if (schema.Format is { } format && !StringFormats.Matches(text, format))
            yield return $"is \"{text}\", not of the format {format}";
    }

    private static IEnumerable<string> NumberBounds(JsonElement value, ContractSchema schema)
    {
        if (!value.TryGetDecimal(out var number))
            yield return "is out of range";
        if (number < schema.Minimum)
            yield return $"is less than {schema.Minimum}";
        if (number > schema.Maximum)
            yield return $"is more than {schema.Maximum}";
    }

    private static IEnumerable<string> ArrayBounds(int length, ContractSchema schema)
    {
        if (length < schema.MinItems)
            yield return $"has fewer than {schema.MinItems} items";
        if (length > schema.MaxItems)
            yield return $"has more than {schema.MaxItems} items";
    }

    private static IEnumerable<ContractProblem> ValidateItems(JsonElement array, Composition composition, string at)
    {
        List<ContractSchema> items = [.. composition.Schemas.Select(schema => schema.Items).OfType<ContractSchema>()];
        return items.Count == 0 ? [] : array.EnumerateArray().SelectMany((item, index) => Validate(item, items, $"{at}/{index}"));
    }

    private static IEnumerable<ContractProblem> ValidateObject(JsonElement value, Composition composition, string at)
    {
        foreach (var name in composition.Schemas.SelectMany(schema => schema.Required).Distinct().Except(composition.Omitted))
        {
            if (!value.TryGetProperty(name, out _))
                yield return new(at, $"lacks the required property '{name}'");
        }
        foreach (var property in value.EnumerateObject())
        {
            foreach (var problem in ValidateProperty(property, composition, $"{at}/{Escape(property.Name)}"))
                yield return problem;
        }
    }

    private static IReadOnlyList<ContractProblem> ValidateProperty(JsonProperty property, Composition composition, string at)
    {
        if (composition.Omitted.Contains(property.Name) && property.Value.ValueKind != JsonValueKind.Null)
            return [new(at, "is left out of this message by the contract")];
        List<ContractSchema> named = [.. composition.Schemas.Select(schema => schema.Properties?.GetValueOrDefault(property.Name)).OfType<ContractSchema>()];
        if (named.Count > 0)
            return Validate(property.Value, named, at);
        if (composition.Schemas.Any(schema => schema.AllowsAdditionalProperties))
            return Validate(property.Value, [.. composition.Schemas.Select(schema => schema.AdditionalProperties).OfType<ContractSchema>()], at);
        // An object of which no schema names a property may hold anything.
        return composition.Schemas.Any(schema => schema.Properties is not null) ? [new(at, "is no property of the contract")] : [];
    }

    private static string Describe(JsonElement value)
    {
        var text = value.GetRawText();
        return text.Length <= 80 ? text : text[..80] + "...";
    }

    private static string Escape(string name) => new StringBuilder(name).Replace("~", "~0").Replace("/", "~1").ToString();

    /// <summary>All schemas that apply to one value, with references and compositions resolved, and the choices that are still open.</summary>
    private sealed class Composition
    {
        private readonly Queue<IReadOnlyList<ContractSchema>> _choices = new();

        public List<ContractSchema> Schemas { get; } = [];

        public HashSet<string> Omitted { get; } = [];

        public void Add(ContractSchema schema)
        {
            Schemas.Add(schema);
            Omitted.UnionWith(schema.Omits);
            if (schema.Reference is { } reference)
                Add(reference);
            foreach (var part in schema.AllOf)
                Add(part);
            if (schema.AnyOf.Count > 0)
                _choices.Enqueue(schema.AnyOf);
        }

        public bool TryTakeChoice(out IReadOnlyList<ContractSchema> alternatives) => _choices.TryDequeue(out alternatives!);

        public Composition Copy()
        {
            var copy = new Composition();
            copy.Schemas.AddRange(Schemas);
            copy.Omitted.UnionWith(Omitted);
            foreach (var choice in _choices)
                copy._choices.Enqueue(choice);
            return copy;
        }
    }
}
