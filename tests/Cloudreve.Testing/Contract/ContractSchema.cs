using System.Text.Json;
using System.Text.RegularExpressions;

namespace Cloudreve.Testing.Contract;

/// <summary>One schema of the contract. Only the keywords that the contract uses are known; <see cref="SchemaReader"/> refuses others.</summary>
public sealed class ContractSchema
{
    /// <summary>The location of the schema in the contract, as a JSON pointer.</summary>
    public required string At { get; init; }

    /// <summary>The JSON type, or null where any is allowed.</summary>
    public string? Type { get; init; }

    /// <summary>The format of a string or number, or null.</summary>
    public string? Format { get; init; }

    /// <summary>True if null is allowed.</summary>
    public bool Nullable { get; init; }

    /// <summary>The allowed values, with those of <c>x-additional-values</c>; null where any is allowed.</summary>
    public IReadOnlyList<JsonElement>? Values { get; init; }

    /// <summary>The least number.</summary>
    public decimal? Minimum { get; init; }

    /// <summary>The greatest number.</summary>
    public decimal? Maximum { get; init; }

    /// <summary>The least length of a string in characters.</summary>
    public int? MinLength { get; init; }

    /// <summary>The greatest length of a string in characters; the server's own where it differs (<c>x-server-max</c>).</summary>
    public int? MaxLength { get; init; }

    /// <summary>The least number of items.</summary>
    public int? MinItems { get; init; }

    /// <summary>The greatest number of items.</summary>
    public int? MaxItems { get; init; }

    /// <summary>The pattern that a string matches.</summary>
    public Regex? Pattern { get; init; }

    /// <summary>The named properties, or null where the contract names none.</summary>
    public IReadOnlyDictionary<string, ContractSchema>? Properties { get; init; }

    /// <summary>The properties that must be there.</summary>
    public IReadOnlySet<string> Required { get; init; } = new HashSet<string>();

    /// <summary>True if properties beyond the named ones are allowed.</summary>
    public bool AllowsAdditionalProperties { get; init; }

    /// <summary>The schema of properties beyond the named ones, or null where they may be anything.</summary>
    public ContractSchema? AdditionalProperties { get; init; }

    /// <summary>The schema of the items of an array.</summary>
    public ContractSchema? Items { get; init; }

    /// <summary>Schemas that all apply.</summary>
    public IReadOnlyList<ContractSchema> AllOf { get; init; } = [];

    /// <summary>Schemas of which one must apply.</summary>
    public IReadOnlyList<ContractSchema> AnyOf { get; init; } = [];

    /// <summary>Properties that this use of a schema leaves out (<c>x-omits</c>).</summary>
    public IReadOnlySet<string> Omits { get; init; } = new HashSet<string>();

    /// <summary>The condition under which an alternative applies, in words (<c>x-when</c>).</summary>
    public string? When { get; init; }

    /// <summary>The properties that each section of the site's settings has (<c>x-sections</c>).</summary>
    public IReadOnlyDictionary<string, IReadOnlySet<string>>? Sections { get; init; }

    /// <summary>Finds the schema that this one refers to; null where it refers to none.</summary>
    internal Func<ContractSchema>? FindReference { get; init; }

    /// <summary>The schema that this one refers to (<c>$ref</c>), or null.</summary>
    public ContractSchema? Reference => FindReference?.Invoke();

    /// <summary>True if null is a value of this schema, through references and compositions.</summary>
    public bool AcceptsNull =>
        Nullable
        || (Reference is { } reference && reference.AcceptsNull)
        || (AllOf.Count > 0 && AllOf.All(part => part.AcceptsNull))
        || (AnyOf.Count > 0 && AnyOf.Any(part => part.AcceptsNull))
        || (Type is null && FindReference is null && AllOf.Count == 0 && AnyOf.Count == 0);
}
