using System.CommandLine;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev;

/// <summary><c>./dev bench</c>: the benchmarks, optimised, with the developer's arguments.</summary>
internal static class BenchCommand
{
    /// <summary>Declares the command.</summary>
    public static Command Create(Repository repository)
    {
        // What looks like an option is the benchmark's, which refuses what it does not know.
        var arguments = new Argument<string[]>("ARGUMENT")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "The benchmark and its options. Without any, the benchmarks and their options are listed; docs/performance.md has results.",
        };
        var command = new Command("bench", "Run a benchmark.") { arguments };
        command.SetAction((parsed, cancellationToken) => RunAsync(repository, parsed.GetValue(arguments) ?? [], cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Repository repository, string[] arguments, CancellationToken cancellationToken)
    {
        await NodePackages.EnsureAsync(repository, cancellationToken);
        return await Executable.RunAsync(
            "dotnet",
            ["run", "--project", repository.Path("tests", "Cloudreve.Benchmarks"), "-c", Build.Configuration, "-v", "q", "--", .. arguments],
            repository.Root,
            cancellationToken: cancellationToken);
    }
}
