using System.Globalization;
using System.Security.Cryptography;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev;

/// <summary><c>./dev crash</c>: the long form of the end-to-end tests that kill the app during long-running work.</summary>
internal static class CrashCommand
{
    /// <summary>Runs it.</summary>
    /// <param name="repository">The working tree.</param>
    /// <param name="arguments">The numbers of kills and files, the seed of the moments of the kills, and a published folder to run instead of
    /// the build.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    /// <returns>0 when the result was exact.</returns>
    public static async Task<int> RunAsync(Repository repository, Arguments arguments, CancellationToken cancellationToken)
    {
        await NodePackages.EnsureAsync(repository, cancellationToken);
        var environment = new Dictionary<string, string?>
        {
            ["CLOUDREVE_CRASH_KILLS"] = arguments.Value("--kills") ?? "20",
            ["CLOUDREVE_CRASH_FILES"] = arguments.Value("--files") ?? "3000",
            ["CLOUDREVE_CRASH_SEED"] = arguments.Value("--seed") ?? RandomNumberGenerator.GetInt32(int.MaxValue).ToString(CultureInfo.InvariantCulture),
        };
        if (arguments.Value("--publish") is { } folder)
            environment["CLOUDREVE_PUBLISH_DIR"] = Path.GetFullPath(folder);
        foreach (var (name, value) in environment)
            Console.WriteLine($"{name}={value}");
        return await Command.RunAsync(
            "dotnet",
            [
                "test", repository.Path("tests", "Cloudreve.EndToEnd"), "-c", Build.Configuration, "--nologo", "-v", "q",
                "--filter", "FullyQualifiedName~KillTests", "--logger", "console;verbosity=detailed",
            ],
            repository.Root,
            environment,
            cancellationToken);
    }
}
