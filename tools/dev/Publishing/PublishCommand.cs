using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Publishing;

/// <summary><c>./dev publish</c>: the folder that Azure accepts and that <c>func start</c> and the local host run.</summary>
internal static class PublishCommand
{
    /// <summary>The system that Azure runs; the committed lock files hold its packages.</summary>
    private const string DefaultRuntime = "linux-x64";

    /// <summary>Writes the folder.</summary>
    /// <exception cref="CommandException">The folder holds something else, or a step failed.</exception>
    public static async Task<int> RunAsync(Repository repository, Arguments arguments, CancellationToken cancellationToken)
    {
        var output = Path.GetFullPath(arguments.Value("-o") ?? Path.Combine(repository.Artifacts, "publish"));
        var runtime = arguments.Value("--runtime") ?? DefaultRuntime;
        PublishedFolder.Clear(output);
        // Another runtime adds packages, which must not get into the committed lock files.
        string[] locks = runtime == DefaultRuntime ? [] : [$"-p:NuGetLockFilePath=obj/packages.{runtime}.lock.json"];
        await Command.ExpectAsync(
            "dotnet",
            [
                "publish", repository.AppProject, "-c", "Release", "-r", runtime, "--self-contained", "false", "-p:PublishReadyToRun=true",
                .. locks, "-o", output, "-v", "q", "--nologo", "-clp:NoSummary", Build.NoRestoreWarnings,
            ],
            repository.Root, "The publish failed.", cancellationToken);
        PublishedFolder.RemoveNeedless(output);
        Console.WriteLine($"Written to {output}: {PublishedFolder.Describe(output)}, {runtime}");
        return 0;
    }
}
