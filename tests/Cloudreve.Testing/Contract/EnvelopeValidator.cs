using System.Text.Json;

namespace Cloudreve.Testing.Contract;

/// <summary>Checks the envelope of answers (behaviour.md, section 1) and, on success, what it holds.</summary>
internal sealed class EnvelopeValidator(OpenApiContract contract)
{
    private const int BatchPartlyFailed = 40081;
    private const int LockConflict = 40073;

    /// <summary>Checks the answer of a documented operation.</summary>
    /// <param name="envelope">The body.</param>
    /// <param name="path">The path of the request, with the prefix.</param>
    public IReadOnlyList<ContractProblem> Validate(JsonElement envelope, ContractOperation operation, string path)
    {
        var problems = Validate(envelope);
        if (problems.Count > 0)
            return problems;
        var code = envelope.GetProperty("code").GetInt32();
        if (code is not (0 or 203))
            return [];
        var alternatives = operation.AlternativesFor(code);
        if (alternatives.Count == 0)
            return [new("/code", $"is {code}, which the contract does not document for {operation}")];
        var fitting = alternatives.Where(alternative => !IsWithoutData(alternative) || !Has(envelope, "data")).ToList();
        if (fitting.Count == 0)
            return [new("/data", $"must be left out where {alternatives[0].When}")];
        var result = fitting.Select(alternative => SchemaValidator.Validate(envelope, alternative)).MinBy(found => found.Count)!;
        return [.. result, .. OutOfSection(envelope, operation, path)];
    }

    /// <summary>Checks the envelope alone.</summary>
    /// <param name="envelope">The body.</param>
    public IReadOnlyList<ContractProblem> Validate(JsonElement envelope)
    {
        var problems = SchemaValidator.Validate(envelope, contract.Schemas["Response"]).ToList();
        if (problems.Count > 0)
            return problems;
        problems.AddRange(ValidateCodeAndMessage(envelope, ""));
        var code = envelope.GetProperty("code").GetInt32();
        var hasCorrelation = Has(envelope, "correlation_id");
        if (code is 0 or 203)
        {
            if (hasCorrelation)
                problems.Add(new("/correlation_id", "is for failures only"));
            return problems;
        }
        if (!hasCorrelation)
            problems.Add(new("", "lacks the correlation_id of a failure"));
        if (Has(envelope, "aggregated_error") != (code == BatchPartlyFailed))
            problems.Add(new("/aggregated_error", $"belongs to code {BatchPartlyFailed} alone"));
        if (code == LockConflict)
            problems.AddRange(ValidateConflicts(envelope));
        return problems;
    }

    // An alternative that does not say what the data is has none ("account linked: no data"); it does not allow anything.
    private static bool IsWithoutData(ContractSchema alternative) =>
        alternative.When is not null
        && !alternative.AllOf.Any(part => part.Properties?.GetValueOrDefault("data") is { } data && (data.Type ?? data.Reference?.Type) is not null);

    private IEnumerable<ContractProblem> ValidateCodeAndMessage(JsonElement envelope, string pointer)
    {
        var code = envelope.GetProperty("code").GetInt64();
        if (code is < int.MinValue or > int.MaxValue || !(contract.Codes.Contains((int)code) || ContractAllowances.Codes.ContainsKey((int)code)))
            yield return new(pointer + "/code", $"is {code}, which behaviour.md 2 does not list");
        if (!Has(envelope, "msg"))
            yield return new(pointer, "lacks msg");
        if (!Has(envelope, "aggregated_error"))
            yield break;
        foreach (var failure in envelope.GetProperty("aggregated_error").EnumerateObject())
        {
            foreach (var problem in ValidateCodeAndMessage(failure.Value, $"{pointer}/aggregated_error/{failure.Name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}"))
                yield return problem;
        }
    }

    private IReadOnlyList<ContractProblem> ValidateConflicts(JsonElement envelope)
    {
        // Section 2: the code is also used for an expired lock token, without a list.
        if (!Has(envelope, "data"))
            return [];
        var data = envelope.GetProperty("data");
        return data.ValueKind != JsonValueKind.Array
            ? [new("/data", "is no list of lock conflicts")]
            : [.. data.EnumerateArray().SelectMany((conflict, index) => SchemaValidator.Validate(conflict, contract.Schemas["LockConflictDetail"], $"/data/{index}"))];
    }

    // Each section of the site's settings has its own fields; an unknown section is basic (behaviour.md 21).
    private IEnumerable<ContractProblem> OutOfSection(JsonElement envelope, ContractOperation operation, string path)
    {
        if (operation.Id != "getSiteSettings" || contract.Schemas["SiteConfig"].Sections is not { } sections
            || !envelope.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Object)
        {
            return [];
        }
        var name = operation.Path.Match(OpenApiContract.Relative(path)!)!["section"];
        var fields = sections.GetValueOrDefault(name, sections["basic"]);
        return data.EnumerateObject().Where(field => !fields.Contains(field.Name))
            .Select(field => new ContractProblem("/data/" + field.Name, $"is no field of the section {name}"));
    }

    private static bool Has(JsonElement envelope, string name) => envelope.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null;
}
