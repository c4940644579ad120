using Cloudreve.Testing.Azurite;
using Cloudreve.Testing.Contract;
using Xunit;

namespace Cloudreve.Functions.Tests.Contract;

/// <summary>The response of a route to an ordinary user who names another user's object.</summary>
/// <param name="Path">The path below the prefix.</param>
/// <param name="Names">The object of the other user that the request names.</param>
/// <param name="Answer">
/// The code; <c>40081/</c> and the inner code for a batch; <c>http</c> and the status where there is no envelope;
/// <see cref="ContractOwners.Own"/> or <see cref="ContractOwners.Bearer"/>.
/// </param>
/// <param name="OwnersAnswer">The code that the owner gets for the same request: 0, unless nobody may do this.</param>
public sealed record OwnerRow(string Method, string Path, string Names, string Answer, string OwnersAnswer)
{
    /// <summary>The endpoint as method and path.</summary>
    public string Endpoint => $"{Method} {OpenApiContract.Prefix}{Path}";

    /// <summary>The row's key.</summary>
    public string Key => $"{Method} {Path} {Names}";
}

/// <summary>The table of every route's response to requests for another user's objects.</summary>
public static class ContractOwners
{
    /// <summary>The file with the table, from the repository's root.</summary>
    public const string Name = "tests/contract/owners.tsv";

    /// <summary>The route names no object, so it can only act on the caller's own.</summary>
    public const string Own = "own";

    /// <summary>The request holds a secret, and whoever knows it may use it (behaviour.md 5, 6, 13, 14 and 15).</summary>
    public const string Bearer = "bearer";

    /// <summary>The table.</summary>
    public static IReadOnlyList<OwnerRow> Table { get; } =
        [.. File.ReadLines(Path.Combine(AzuriteServer.RepositoryRoot, Name)).Skip(1).Select(line => line.Split('\t'))
            .Select(fields => new OwnerRow(fields[0], fields[1], fields[2], fields[3], fields[4]))];

    /// <summary>The keys of the rows with an object of another user.</summary>
    public static TheoryData<string> Foreign => [.. Table.Where(row => row.Answer is not (Own or Bearer)).Select(row => row.Key)];

    /// <summary>The keys of the rows without an object of another user.</summary>
    public static TheoryData<string> Owned => [.. Table.Where(row => row.Answer == Own).Select(row => row.Key)];

    /// <summary>A row.</summary>
    public static OwnerRow Row(string key) => Table.Single(row => row.Key == key);
}
