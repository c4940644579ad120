namespace Cloudreve.Dev.Processes;

/// <summary>Compiles projects, restoring their packages first. Warnings are shown, a success is not.</summary>
internal static class Build
{
    /// <summary>
    /// The configuration that tests, benchmarks and local runs share, so that one build serves all. This tool itself is built in the
    /// other one: a build must not replace the running program.
    /// </summary>
    public const string Configuration = "Release";

    /// <summary>
    /// Also silences NU1603 for the worker's extension project: the SDK generates it during the build, and it reads no
    /// Directory.Build.props, which does so for all others.
    /// </summary>
    public const string NoRestoreWarnings = "-noWarn:NU1603";

    /// <summary>Builds a project or the solution.</summary>
    /// <returns>False when it failed; the errors are on the terminal.</returns>
    public static async Task<bool> TryAsync(Repository repository, string target, CancellationToken cancellationToken) =>
        await Executable.RunAsync(
            "dotnet",
            ["msbuild", target, "-restore", "-m", "-v:q", "-nologo", NoRestoreWarnings, "-p:Configuration=" + Configuration],
            repository.Root,
            cancellationToken: cancellationToken) == 0;

    /// <summary>Builds a project.</summary>
    /// <exception cref="CommandException">It failed; the errors are on the terminal.</exception>
    public static async Task RunAsync(Repository repository, string target, CancellationToken cancellationToken)
    {
        if (!await TryAsync(repository, target, cancellationToken))
            throw new CommandException("The build failed.");
    }
}
