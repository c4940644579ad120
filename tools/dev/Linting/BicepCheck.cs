using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Linting;

/// <summary>Checks that the deployment compiles without a warning and is formatted as the compiler formats it.</summary>
internal static class BicepCheck
{
    public static async Task<IReadOnlyList<string>> RunAsync(Repository repository, LintScope scope, CancellationToken cancellationToken)
    {
        if (!scope.Touches("infra/"))
            return [];
        var project = repository.Path("tools", "bicep", "Bicep.csproj");
        _ = await Executable.ReadAsync("dotnet", ["restore", project, "-v", "q"], repository.Root, cancellationToken);
        var compiler = (await Executable.ReadAsync("dotnet", ["msbuild", project, "-getProperty:BicepExecutable"], repository.Root, cancellationToken)).Trim();
        var problems = new List<string>();
        problems.AddRange(await CompileAsync(compiler, "build", repository.Path("infra", "main.bicep"), repository, cancellationToken));
        foreach (var parameters in Directory.EnumerateFiles(repository.Path("infra"), "*.bicepparam"))
            problems.AddRange(await CompileAsync(compiler, "build-params", parameters, repository, cancellationToken));
        foreach (var file in Directory.EnumerateFiles(repository.Path("infra"), "*.bicep", SearchOption.AllDirectories))
        {
            var formatted = await Executable.ReadAsync(compiler, ["format", file, "--stdout"], repository.Root, cancellationToken);
            if (formatted.ReplaceLineEndings("\n") != (await File.ReadAllTextAsync(file, cancellationToken)).ReplaceLineEndings("\n"))
                problems.Add($"{Path.GetRelativePath(repository.Root, file)}: run 'bicep format'");
        }
        return problems;
    }

    /// <summary>Diagnostics go to the error stream, the template to the output.</summary>
    private static async Task<IEnumerable<string>> CompileAsync(
        string compiler, string verb, string file, Repository repository, CancellationToken cancellationToken)
    {
        var (code, _, errors) = await Executable.CaptureAsync(compiler, [verb, file, "--stdout"], repository.Root, cancellationToken);
        var lines = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return code != 0 && lines.Length == 0 ? [$"bicep {verb} {file} ended with code {code}"] : lines;
    }
}
