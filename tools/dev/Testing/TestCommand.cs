using System.CommandLine;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Testing;

/// <summary><c>./dev test</c>: builds once, runs the test projects, and prints the sum as the last line.</summary>
internal static class TestCommand
{
    /// <summary>Declares the command.</summary>
    public static Command Create(Repository repository)
    {
        var names = new Argument<string[]>("NAME")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "Part of the names of the test projects to run, for instance Core. [default: all]",
        };
        names.Validators.Add(words =>
        {
            foreach (var word in words.Tokens.Where(word => word.Value.StartsWith('-')))
                words.AddError($"'{word.Value}' is not an option of this command.");
        });
        var command = new Command("test", "Build, run the tests, and print 'N passed, N failed' as the last line.") { names };
        command.SetAction((parsed, cancellationToken) => RunAsync(repository, parsed.GetValue(names) ?? [], cancellationToken));
        return command;
    }

    /// <summary>Runs the tests.</summary>
    /// <returns>0 when tests ran and none failed.</returns>
    /// <exception cref="CommandException">No project has such a name, or something needed is missing.</exception>
    private static async Task<int> RunAsync(Repository repository, string[] filters, CancellationToken cancellationToken)
    {
        var chosen = FindProjects(repository, filters);
        var projects = chosen.Where(IsReady).ToList();
        await NodePackages.EnsureAsync(repository, cancellationToken);
        var sum = await BuildAsync(repository, projects, filters.Length > 0, cancellationToken)
            ? await new TestRun(repository).RunAsync(projects, cancellationToken)
            : new TestResults(0, 1, 0);
        foreach (var project in chosen.Except(projects))
            Console.WriteLine($"  {project.Name}: not run; set {project.NeededVariable}");
        foreach (var failure in sum.Failures)
            Console.WriteLine($"  failed: {failure}");
        Console.WriteLine(sum);
        return sum is { Failed: 0, Passed: > 0 } ? 0 : 1;
    }

    private static bool IsReady(TestProject project) =>
        project.NeededVariable is not { } variable || Environment.GetEnvironmentVariable(variable) is { Length: > 0 };

    private static List<TestProject> FindProjects(Repository repository, string[] filters)
    {
        var all = Directory.EnumerateFiles(repository.Path("tests"), "*.csproj", SearchOption.AllDirectories)
            .Select(file => new TestProject(file))
            .Where(project => project.HasTests)
            .OrderBy(project => project.Name, StringComparer.Ordinal)
            .ToList();
        if (filters.Length == 0)
            return all;
        var chosen = all.Where(project => filters.Any(filter => project.Name.Contains(filter, StringComparison.OrdinalIgnoreCase))).ToList();
        return chosen.Count > 0 ? chosen : throw new CommandException($"No test project has '{string.Join("' or '", filters)}' in its name.");
    }

    private static async Task<bool> BuildAsync(Repository repository, List<TestProject> projects, bool chosenOnly, CancellationToken cancellationToken)
    {
        Console.WriteLine("Building ...");
        // Projects that need a variable are in no solution.
        var apart = projects.Where(project => chosenOnly || project.NeededVariable is not null).Select(project => project.File);
        foreach (var target in chosenOnly ? apart : apart.Prepend(repository.Path("Cloudreve.Functions.sln")))
        {
            if (!await Build.TryAsync(repository, target, cancellationToken))
            {
                await Console.Error.WriteLineAsync("The build failed.");
                return false;
            }
        }
        return true;
    }
}
