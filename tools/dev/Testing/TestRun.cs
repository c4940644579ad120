using System.Globalization;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Testing;

/// <summary>Runs built test projects, two at a time: each keeps its emulator and itself busy in turns.</summary>
/// <param name="repository">The working tree.</param>
internal sealed class TestRun(Repository repository)
{
    private const int ProjectsAtATime = 2;
    private readonly Lock _lock = new();
    private TestResults _sum = new(0, 0, 0);

    /// <summary>Runs the projects; those that have to be alone come last.</summary>
    /// <returns>The sum of all results.</returns>
    public async Task<TestResults> RunAsync(IReadOnlyList<TestProject> projects, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            projects.Where(project => !project.RunsAlone),
            new ParallelOptions { MaxDegreeOfParallelism = ProjectsAtATime, CancellationToken = cancellationToken },
            async (project, stop) => await RunProjectAsync(project, stop));
        foreach (var project in projects.Where(project => project.RunsAlone))
            await RunProjectAsync(project, cancellationToken);
        return _sum;
    }

    private async Task RunProjectAsync(TestProject project, CancellationToken cancellationToken)
    {
        var folder = Path.Combine(repository.Artifacts, "test-results", project.Name);
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        var (code, output, errors) = await Executable.CaptureAsync(
            "dotnet",
            [
                "test", project.File, "-c", Build.Configuration, "--no-build", "--nologo", "-v", "q",
                "--results-directory", folder, "--logger", "trx;LogFileName=results.trx", "--logger", "console;verbosity=minimal",
                // A test that never ends is named and fails its project.
                "--blame-hang-timeout", "10m", "--blame-hang-dump-type", "none",
            ],
            repository.Root,
            cancellationToken);
        var results = TestResults.Read(Path.Combine(folder, "results.trx"));
        // A test process that dies loses results: that is a failure even when every reported test has passed.
        Report(
            project,
            code != 0 && results.Failed == 0 ? results with { Failed = 1, Failures = [$"{project.Name}: its process ended with code {code}"] } : results,
            output + errors);
    }

    /// <summary>Prints a project's output in one piece, and only when something failed.</summary>
    private void Report(TestProject project, TestResults results, string output)
    {
        lock (_lock)
        {
            if (results.Failed > 0)
                Console.WriteLine(output.TrimEnd());
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {project.Name}: {results}"));
            _sum += results;
        }
    }
}
