using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev;

/// <summary><c>./dev crash</c>: the long form of the end-to-end tests that kill the app during long-running work, and of those of WebDAV programs.</summary>
internal static class CrashCommand
{
    /// <summary>Declares the command.</summary>
    public static Command Create(Repository repository)
    {
        var kills = new Option<int>("--kills") { HelpName = "N", Description = "How often processes are killed.", DefaultValueFactory = _ => 20 };
        var files = new Option<int>("--files") { HelpName = "N", Description = "How many files are imported.", DefaultValueFactory = _ => 3000 };
        var seed = new Option<int?>("--seed") { HelpName = "N", Description = "Decides the moments of the kills. [default: random]" };
        var publish = new Option<string?>("--publish") { HelpName = "DIR", Description = "A published folder to run instead of the build." };
        var command = new Command("crash", "Kill the host and the worker again and again at their long work, and check that the result is exact.")
        {
            kills, files, seed, publish,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            var environment = new Dictionary<string, string?>
            {
                ["CLOUDREVE_CRASH_KILLS"] = Text(parsed.GetValue(kills)),
                ["CLOUDREVE_CRASH_FILES"] = Text(parsed.GetValue(files)),
                ["CLOUDREVE_DAV_FILES"] = "2000",
                ["CLOUDREVE_CRASH_SEED"] = Text(parsed.GetValue(seed) ?? RandomNumberGenerator.GetInt32(int.MaxValue)),
            };
            if (parsed.GetValue(publish) is { } folder)
                environment["CLOUDREVE_PUBLISH_DIR"] = Path.GetFullPath(folder);
            return RunAsync(repository, environment, cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(Repository repository, Dictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        await NodePackages.EnsureAsync(repository, cancellationToken);
        foreach (var (name, value) in environment)
            Console.WriteLine($"{name}={value}");
        return await Executable.RunAsync(
            "dotnet",
            [
                "test", repository.Path("tests", "Cloudreve.EndToEnd"), "-c", Build.Configuration, "--nologo", "-v", "q",
                "--filter", "FullyQualifiedName~KillTests|FullyQualifiedName~DavProgramTests", "--logger", "console;verbosity=detailed",
            ],
            repository.Root,
            environment,
            cancellationToken);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
