using System.Text.Json.Nodes;

namespace Cloudreve.Testing.Contract;

/// <summary>A parameter of an operation.</summary>
/// <param name="In">path, query or header.</param>
/// <param name="Required">True if it is required.</param>
/// <param name="Schema">The schema of its value.</param>
public sealed record ContractParameter(string Name, string In, bool Required, ContractSchema Schema);

/// <summary>The documented body of a request or an answer.</summary>
/// <param name="Schema">The schema of its content.</param>
/// <param name="Examples">The examples of the contract by name.</param>
public sealed record ContractContent(string MediaType, ContractSchema Schema, IReadOnlyDictionary<string, JsonNode?> Examples);

/// <summary>One operation of the contract.</summary>
/// <param name="Id">The operation's id.</param>
/// <param name="Method">The HTTP method, upper-case.</param>
/// <param name="Path">The path below the API's prefix.</param>
/// <param name="Auth">The callers that are admitted: none, optional, required or admin.</param>
/// <param name="Edition">ce or pro.</param>
/// <param name="RequestBody">The documented body of the request, or null.</param>
/// <param name="Responses">The documented answers by HTTP status; null for an answer without a body.</param>
public sealed record ContractOperation(
    string Id,
    string Method,
    PathTemplate Path,
    string Auth,
    string Edition,
    IReadOnlyList<ContractParameter> Parameters,
    ContractContent? RequestBody,
    IReadOnlyDictionary<int, ContractContent?> Responses)
{
    /// <summary>Method and path, for reports.</summary>
    public override string ToString() => $"{Method} {Path.Text}";

    /// <summary>The schemas of which one describes an answer with a code of success; none where the code is not documented.</summary>
    /// <param name="code">0, or 203 where another step is needed.</param>
    internal IReadOnlyList<ContractSchema> AlternativesFor(int code)
    {
        if (Responses.GetValueOrDefault(200) is not { } content)
            return [];
        IReadOnlyList<ContractSchema> alternatives = content.Schema.AnyOf.Count > 0 ? content.Schema.AnyOf : [content.Schema];
        return [.. alternatives.Where(alternative => IsForContinue(alternative) == (code == 203))];
    }

    private static bool IsForContinue(ContractSchema alternative) =>
        (alternative.When?.Contains("code 203", StringComparison.Ordinal) ?? false)
        || alternative.AllOf.Append(alternative).Any(part =>
            part.Properties?.GetValueOrDefault("code")?.Values is { } codes && codes.Any(code => code.GetInt32() == 203));
}
