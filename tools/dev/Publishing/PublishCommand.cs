using System.CommandLine;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Publishing;

/// <summary><c>./dev publish</c>: the folder that Azure accepts and that <c>func start</c> and the local host run.</summary>
internal static class PublishCommand
{
    /// <summary>The system that Azure runs; the committed lock files hold its packages.</summary>
    private const string DefaultRuntime = "linux-x64";

    /// <summary>Declares the command.</summary>
    public static Command Create(Repository repository)
    {
        var output = new Option<string?>("-o") { HelpName = "DIR", Description = "The folder to write; it is emptied first. [default: artifacts/publish]" };
        var runtime = new Option<string>("--runtime") { HelpName = "RID", Description = "The system that will run it.", DefaultValueFactory = _ => DefaultRuntime };
        var command = new Command("publish", "Write what Azure takes and 'func start' runs.") { output, runtime };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            repository,
            Path.GetFullPath(parsed.GetValue(output) ?? Path.Combine(repository.Artifacts, "publish")),
            parsed.GetRequiredValue(runtime),
            cancellationToken));
        return command;
    }

    /// <summary>Writes the folder.</summary>
    /// <exception cref="CommandException">The folder holds something else, or a step failed.</exception>
    private static async Task<int> RunAsync(Repository repository, string output, string runtime, CancellationToken cancellationToken)
    {
        PublishedFolder.Clear(output);
        // Another runtime adds packages, which must not get into the committed lock files.
        string[] locks = runtime == DefaultRuntime ? [] : [$"-p:NuGetLockFilePath=obj/packages.{runtime}.lock.json"];
        await Executable.ExpectAsync(
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
