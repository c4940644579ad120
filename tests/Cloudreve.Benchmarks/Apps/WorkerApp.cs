using System.Diagnostics;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Apps;

/// <summary>A worker app that can be measured.</summary>
/// <param name="Project">Its project folder below the repository's root.</param>
internal sealed record WorkerApp(string Project)
{
    private const string Configuration = "Release";
    private const string Framework = "net10.0";
    private const string Runtime = "linux-x64";

    /// <summary>The app of this repository.</summary>
    public static WorkerApp Product { get; } = new("functions");

    /// <summary>An empty app of the same packages.</summary>
    public static WorkerApp Bare { get; } = new("tests/Cloudreve.Benchmarks.BareApp");

    /// <summary>The local host as the build leaves it.</summary>
    public static string LocalHost { get; } =
        Path.Combine(AzuriteServer.RepositoryRoot, "tools", "localhost", "bin", Configuration, Framework, "Cloudreve.LocalHost.dll");

    /// <summary>The folder that the build leaves.</summary>
    public string BuildFolder => Path.Combine(AzuriteServer.RepositoryRoot, Project, "bin", Configuration, Framework);

    /// <summary>Finds the folder of the product to run: a published one, or the build.</summary>
    public static string ProductFolder(Options options) =>
        options.Value("--publish") is { } folder ? Path.GetFullPath(folder, AzuriteServer.RepositoryRoot) : Product.BuildFolder;

    /// <summary>Publishes the app as <c>./dev publish</c> does.</summary>
    /// <returns>The folder.</returns>
    /// <exception cref="BenchmarkException">It cannot be published.</exception>
    public async Task<string> PublishAsync()
    {
        var output = Path.Combine(AzuriteServer.RepositoryRoot, "artifacts", "bench", Path.GetFileName(Project));
        Console.WriteLine($"Publishing {Project} ...");
        using var publish = Process.Start(
            "dotnet",
            [
                "publish", Path.Combine(AzuriteServer.RepositoryRoot, Project), "-c", Configuration, "-r", Runtime, "--self-contained", "false",
                "-p:PublishReadyToRun=true", "-o", output, "-v", "q", "--nologo",
            ]);
        await publish.WaitForExitAsync();
        return publish.ExitCode == 0 ? output : throw new BenchmarkException($"{Project} could not be published.");
    }
}
