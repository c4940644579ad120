using System.Globalization;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Running;

/// <summary>Starts the host of the built worker: the repository's local host, or Core Tools.</summary>
internal static class AppHost
{
    private const string CoreTools = "func";

    /// <summary>Refuses a run that could not start its host.</summary>
    /// <exception cref="CommandException">Core Tools were requested and are not installed.</exception>
    public static void Check(bool coreTools)
    {
        if (coreTools && !Executable.IsInstalled(CoreTools))
        {
            throw new CommandException(
                "Azure Functions Core Tools ('func') were not found on the path. To install them: " +
                "https://learn.microsoft.com/azure/azure-functions/functions-run-local");
        }
    }

    /// <summary>Builds the app and the host that will run it.</summary>
    /// <exception cref="CommandException">The build failed.</exception>
    public static async Task BuildAsync(Repository repository, bool coreTools, CancellationToken cancellationToken)
    {
        await Build.RunAsync(repository, repository.AppProject, cancellationToken);
        if (!coreTools)
            await Build.RunAsync(repository, repository.LocalHostProject, cancellationToken);
    }

    /// <summary>Starts the host on the built app.</summary>
    public static ChildProcess Start(Repository repository, bool coreTools, int port, RunSettings settings, Guardian guardian)
    {
        var portText = port.ToString(CultureInfo.InvariantCulture);
        if (coreTools)
        {
            var (program, arguments) = Executable.ForScript(CoreTools, ["start", "--port", portText]);
            return ChildProcess.Start("Core Tools", Executable.StartInfo(program, arguments, repository.AppBuildFolder, settings.Added), guardian, quiet: false);
        }
        var bind = ListenAddress.Parse(settings[RunSettings.Bind]).Value.ToString();
        string[] options = [repository.LocalHostAssembly, "--app", repository.AppBuildFolder, "--port", portText, "--bind", bind];
        return ChildProcess.Start("The local host", Executable.StartInfo("dotnet", options, repository.Root, settings.Added), guardian, quiet: false);
    }
}
