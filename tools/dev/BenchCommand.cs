using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev;

/// <summary><c>./dev bench</c>: the benchmarks, optimised, with the developer's arguments.</summary>
internal static class BenchCommand
{
    public static async Task<int> RunAsync(Repository repository, string[] arguments, CancellationToken cancellationToken)
    {
        await NodePackages.EnsureAsync(repository, cancellationToken);
        return await Command.RunAsync(
            "dotnet",
            ["run", "--project", repository.Path("tests", "Cloudreve.Benchmarks"), "-c", Build.Configuration, "-v", "q", "--", .. arguments],
            repository.Root,
            cancellationToken: cancellationToken);
    }
}
