using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Linting;

/// <summary>Rules that no analyzer has: no unfinished work, no mention of a developer's machine, no file that is too long or vaguely named.</summary>
internal static partial class RepositoryRules
{
    private const int MaxSourceLines = 500;
    private const string PackageLock = "package-lock.json";
    private static readonly string[] s_textExtensions =
        [".cs", ".csproj", ".props", ".json", ".md", ".yml", ".yaml", ".bicep", ".bicepparam", ".proto", ".xml", ".sh", ".cmd", ".txt", ""];

    public static async Task<IReadOnlyList<string>> RunAsync(Repository repository, LintScope scope, CancellationToken cancellationToken)
    {
        var files = (await Executable.ReadAsync("git", ["ls-files", "-z"], repository.Root, cancellationToken))
            .Split('\0', StringSplitOptions.RemoveEmptyEntries);
        var problems = new List<string>();
        foreach (var file in files.Where(file => scope.Includes(file) && IsOurText(file) && File.Exists(repository.Path(file))))
            problems.AddRange(Check(file, await File.ReadAllLinesAsync(repository.Path(file), cancellationToken)));
        if (scope.Includes(PackageLock))
            problems.AddRange(PackageSources(repository));
        return problems;
    }

    private static IEnumerable<string> Check(string file, string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (Unfinished().Match(lines[i]) is { Success: true } word)
                yield return $"{file}:{i + 1}: '{word.Value}'";
            if (MachinePath().Match(lines[i]) is { Success: true } path)
                yield return $"{file}:{i + 1}: a path of one machine: '{path.Value}'";
        }
        if (Path.GetExtension(file) != ".cs")
            yield break;
        if (VagueName().Match(Path.GetFileName(file)) is { Success: true } vague)
            yield return $"{file}: '{vague.Groups["name"].Value}' says nothing; name the file after what it does";
        if (lines.Length > MaxSourceLines)
            yield return $"{file}: {lines.Length} lines; split it (at most {MaxSourceLines})";
    }

    private static bool IsOurText(string file) => s_textExtensions.Contains(Path.GetExtension(file)) && !IsForeign(file);

    /// <summary>Files that others wrote.</summary>
    private static bool IsForeign(string file) =>
        file == PackageLock || file.StartsWith("docs/contract/", StringComparison.Ordinal) || file.StartsWith("tests/contract/", StringComparison.Ordinal);

    /// <summary>The lock file may name the public registry or none: another host only works on one network.</summary>
    private static IEnumerable<string> PackageSources(Repository repository) =>
        (JsonNode.Parse(File.ReadAllText(repository.Path(PackageLock)))?["packages"]?.AsObject() ?? [])
            .Select(package => package.Value?["resolved"]?.GetValue<string>())
            .Where(source => source is not null && !source.StartsWith("https://registry.npmjs.org/", StringComparison.Ordinal))
            .Select(source => $"{PackageLock}: '{source}'");

    // Each word has a one-letter character class, so that the rule does not match itself.
    [GeneratedRegex(@"\b(T[O]DO|F[I]XME|H[A]CK|X[X]X|Not[I]mplementedException)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"(?<name>Utils?|Utilities|Helpers?|Manager|Common)(Tests)?\.cs$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VagueName();

    [GeneratedRegex(@"(?<![\w.:/])(/(home|root|Users|tmp)/\w+|[A-Z]:\\Users\\)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MachinePath();
}
