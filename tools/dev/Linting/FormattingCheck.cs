using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Linting;

/// <summary>Checks white space by .editorconfig. Style rules are compiler warnings, hence errors of the build.</summary>
internal static class FormattingCheck
{
    public static async Task<IReadOnlyList<string>> RunAsync(Repository repository, CancellationToken cancellationToken)
    {
        var (code, output, errors) = await Executable.CaptureAsync(
            "dotnet",
            ["format", "whitespace", ".", "--folder", "--verify-no-changes", "--exclude", "node_modules", "artifacts", "--exclude", "**/obj/**"],
            repository.Root,
            cancellationToken);
        if (code == 0)
            return [];
        return [.. (output + errors).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
    }
}
