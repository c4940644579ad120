namespace Cloudreve.Testing.Contract;

/// <summary>One line of the contract's list of endpoints.</summary>
/// <param name="Method">The HTTP method, upper-case.</param>
/// <param name="Path">The path, below the API's prefix unless <paramref name="OutsidePrefix"/>.</param>
/// <param name="OutsidePrefix">True if the path starts at the site's root.</param>
/// <param name="Auth">The callers that are admitted: none, optional, required, admin, signed, node, viewer token, provider sign, basic, optional
/// basic.</param>
/// <param name="Edition">ce or pro.</param>
/// <param name="Notes">Further notes of the list.</param>
public sealed record ContractEndpoint(string OperationId, string Method, PathTemplate Path, bool OutsidePrefix, string Auth, string Edition, string Notes)
{
    private const string RootMark = "[root] ";

    // The OAuth answers are the protocol's own objects (behaviour.md 7), WOPI has its own (16), Qiniu expects {error} (14).
    private static readonly HashSet<string> s_bare =
    [
        "exchangeOAuthToken", "getOAuthUserInfo", "wopiCheckFileInfo", "wopiGetFile", "wopiPutFile", "wopiModifyFile", "completeQiniuUpload",
    ];

    /// <summary>True if its JSON answers have no envelope.</summary>
    public bool IsBare => s_bare.Contains(OperationId);

    /// <summary>The path from the site's root.</summary>
    public string FullPath => OutsidePrefix ? Path.Text : OpenApiContract.Prefix + Path.Text;

    internal static IReadOnlyList<ContractEndpoint> ReadAll(string file) =>
        [.. File.ReadLines(file).Skip(1).Where(line => line.Length > 0).Select(Parse)];

    private static ContractEndpoint Parse(string line)
    {
        var fields = line.Split('\t');
        var outside = fields[3].StartsWith(RootMark, StringComparison.Ordinal);
        return new ContractEndpoint(
            fields[1], fields[2], new PathTemplate(outside ? fields[3][RootMark.Length..] : fields[3]), outside, fields[4], fields[5], fields[9]);
    }
}
