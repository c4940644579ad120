namespace Cloudreve.Dev.Testing;

/// <summary>A project below <c>tests/</c>.</summary>
/// <param name="File">Its project file.</param>
internal sealed record TestProject(string File)
{
    private const string EndToEnd = "Cloudreve.EndToEnd";
    private const string FrontEnd = "Cloudreve.FrontEnd.Tests";
    private const string LocalHost = "Cloudreve.LocalHost.Tests";
    private const string Orchestrations = "Cloudreve.Orchestrations.Tests";

    /// <summary>Its name.</summary>
    public string Name => Path.GetFileNameWithoutExtension(File);

    /// <summary>True for a project of tests, false for code that tests share.</summary>
    public bool HasTests => Name.EndsWith(".Tests", StringComparison.Ordinal) || Name == EndToEnd;

    /// <summary>
    /// The variable that has to be set for the project to run, or null. The built front end of another project is in nobody's clone, so its
    /// tests are part of no solution.
    /// </summary>
    public string? NeededVariable => Name == FrontEnd ? "CLOUDREVE_TEST_FRONT_END" : null;

    /// <summary>True for tests of whole processes and their times, which another project beside them would slow down.</summary>
    public bool RunsAlone => Name is EndToEnd or FrontEnd or LocalHost or Orchestrations;
}
