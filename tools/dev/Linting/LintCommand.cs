using System.CommandLine;

namespace Cloudreve.Dev.Linting;

/// <summary><c>./dev lint</c>: formatting, repository rules, Bicep. Code analysis is part of every build and is not repeated.</summary>
internal static class LintCommand
{
    /// <summary>Declares the command.</summary>
    public static Command Create(Repository repository)
    {
        var staged = new Option<bool>("--staged") { Description = "Check only what the next commit changes, in a few seconds: for a hook before the commit." };
        var command = new Command("lint", "Check formatting, repository rules and the Bicep files.") { staged };
        command.SetAction(async (parsed, cancellationToken) => await RunAsync(
            repository,
            parsed.GetValue(staged) ? await LintScope.StagedAsync(repository, cancellationToken) : LintScope.Everything,
            cancellationToken));
        return command;
    }

    /// <summary>Runs all checks, also after one has failed.</summary>
    /// <returns>0 when nothing was found.</returns>
    private static async Task<int> RunAsync(Repository repository, LintScope scope, CancellationToken cancellationToken)
    {
        (string Name, Func<Repository, LintScope, CancellationToken, Task<IReadOnlyList<string>>> Check)[] checks =
        [
            ("formatting", FormattingCheck.RunAsync),
            ("repository rules", RepositoryRules.RunAsync),
            ("Bicep", BicepCheck.RunAsync),
        ];
        var found = 0;
        foreach (var (name, check) in checks)
        {
            var problems = await check(repository, scope, cancellationToken);
            Console.WriteLine(problems.Count == 0 ? $"{name}: ok" : $"{name}: {problems.Count} found");
            foreach (var problem in problems)
                Console.WriteLine("  " + problem);
            found += problems.Count;
        }
        return found == 0 ? 0 : 1;
    }
}
