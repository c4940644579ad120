using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Linting;

/// <summary>Checks white space by .editorconfig. Style rules are compiler warnings, hence errors of the build.</summary>
internal static class FormattingCheck
{
    public static async Task<IReadOnlyList<string>> RunAsync(Repository repository, LintScope scope, CancellationToken cancellationToken)
    {
        string[] chosen = scope.Files is { } files ? [.. files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal))] : [];
        if (scope.Files is not null && chosen.Length == 0)
            return [];
        var (code, output, errors) = await Executable.CaptureAsync(
            "dotnet",
            ["format", "whitespace", ".", "--folder", "--verify-no-changes", "--exclude", "node_modules", "artifacts", "--exclude", "**/obj/**", .. chosen is [] ? chosen : ["--include", .. chosen]],
            repository.Root,
            cancellationToken);
        if (code == 0)
            return [];
        return [.. (output + errors).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }
}
