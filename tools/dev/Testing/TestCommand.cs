using System.Globalization;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Testing;

/// <summary><c>./dev test</c>: builds once, runs the test projects one after another, and prints the sum as the last line.</summary>
internal static class TestCommand
{
    /// <summary>Runs the tests.</summary>
    /// <param name="repository">The working tree.</param>
    /// <param name="filters">Parts of the names of the projects to run; empty for all.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>0 when tests ran and none failed.</returns>
    /// <exception cref="CommandException">No project has such a name, or something needed is missing.</exception>
    public static async Task<int> RunAsync(Repository repository, string[] filters, CancellationToken cancellationToken)
    {
        var projects = FindProjects(repository, filters);
        await NodePackages.EnsureAsync(repository, cancellationToken);
        var sum = await BuildAsync(repository, projects, filters.Length > 0, cancellationToken)
            ? await RunProjectsAsync(repository, projects, cancellationToken)
            : new TestResults(0, 1, 0);
        Console.WriteLine(sum);
        return sum is { Failed: 0, Passed: > 0 } ? 0 : 1;
    }

    private static List<string> FindProjects(Repository repository, string[] filters)
    {
        var all = Directory.EnumerateFiles(repository.Path("tests"), "*.csproj", SearchOption.AllDirectories)
            .Where(file => Path.GetFileNameWithoutExtension(file) is var name
                && (name.EndsWith(".Tests", StringComparison.Ordinal) || name == "Cloudreve.EndToEnd"))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (filters.Length == 0)
            return all;
        var chosen = all.Where(file => filters.Any(f => Path.GetFileNameWithoutExtension(file).Contains(f, StringComparison.OrdinalIgnoreCase))).ToList();
        return chosen.Count > 0 ? chosen : throw new CommandException($"No test project has '{string.Join("' or '", filters)}' in its name.");
    }

    private static async Task<bool> BuildAsync(Repository repository, List<string> projects, bool chosenOnly, CancellationToken cancellationToken)
    {
        Console.WriteLine("Building ...");
        foreach (var target in chosenOnly ? projects : [repository.Path("Cloudreve.Functions.sln")])
        {
            if (!await Build.TryAsync(repository, target, cancellationToken))
            {
                await Console.Error.WriteLineAsync("The build failed.");
                return false;
            }
        }
        return true;
    }

    private static async Task<TestResults> RunProjectsAsync(Repository repository, List<string> projects, CancellationToken cancellationToken)
    {
        var sum = new TestResults(0, 0, 0);
        foreach (var project in projects)
        {
            var results = await RunProjectAsync(repository, project, cancellationToken);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {Path.GetFileNameWithoutExtension(project)}: {results}"));
            sum += results;
        }
        return sum;
    }

    private static async Task<TestResults> RunProjectAsync(Repository repository, string project, CancellationToken cancellationToken)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var folder = Path.Combine(repository.Artifacts, "test-results", name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var code = await Command.RunAsync(
            "dotnet",
            [
                "test", project, "-c", Build.Configuration, "--no-build", "--nologo", "-v", "q",
                "--results-directory", folder, "--logger", "trx;LogFileName=results.trx", "--logger", "console;verbosity=minimal",
                // A test that never ends is named and fails its project.
                "--blame-hang-timeout", "10m", "--blame-hang-dump-type", "none",
            ],
            repository.Root,
            cancellationToken: cancellationToken);
        var results = TestResults.Read(Path.Combine(folder, "results.trx"));
        // A test process that dies loses results: that is a failure even when every test that came through has passed.
        return code != 0 && results.Failed == 0 ? results with { Failed = 1 } : results;
    }
}
