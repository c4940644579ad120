using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Contract;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>The scope that a token of an OAuth client needs for each endpoint, as behaviour.md 7 has it.</summary>
public static class ContractScopes
{
    /// <summary>The file with the table, from the repository's root.</summary>
    public const string Name = "tests/contract/scopes.tsv";

    /// <summary>The placeholder for every token.</summary>
    public const string Any = "*";

    /// <summary>The placeholder for no token of an OAuth client, whatever its scopes.</summary>
    public const string Never = "-";

    /// <summary>Endpoint as method and path, to scope.</summary>
    public static IReadOnlyDictionary<string, string> Table { get; } = File.ReadLines(Path.Combine(AzuriteServer.RepositoryRoot, Name)).Skip(1)
        .Select(line => line.Split('\t')).ToDictionary(fields => $"{fields[0]} {OpenApiContract.Prefix}{fields[1]}", fields => fields[2]);

    /// <summary>The scope for an endpoint.</summary>
    /// <param name="endpoint">The endpoint; not one that anybody may call without a token.</param>
    public static string Of(ContractEndpoint endpoint) => Table[ContractExamples.Line(endpoint)];
}
