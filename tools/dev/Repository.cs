using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev;

/// <summary>The locations of things in the working tree.</summary>
/// <param name="Root">The folder of the solution.</param>
internal sealed record Repository(string Root)
{
    /// <summary>The app's project folder.</summary>
    public string AppProject => Path("functions");

    /// <summary>The app as a plain build leaves it.</summary>
    public string AppBuildFolder => Path("functions", "bin", Build.Configuration, "net10.0");

    /// <summary>The local host's project folder.</summary>
    public string LocalHostProject => Path("tools", "localhost");

    /// <summary>The local host as a build leaves it.</summary>
    public string LocalHostAssembly => Path("tools", "localhost", "bin", Build.Configuration, "net10.0", "Cloudreve.LocalHost.dll");

    /// <summary>The folder of what commands write for the developer to keep or to throw away.</summary>
    public string Artifacts => Path("artifacts");

    /// <summary>A path below the root.</summary>
    public string Path(params string[] segments) => System.IO.Path.Combine([Root, .. segments]);

    /// <summary>Finds the tree that this tool was built in.</summary>
    /// <exception cref="CommandException">The tool was moved out of its tree.</exception>
    public static Repository Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Cloudreve.Functions.sln")))
            folder = folder.Parent;
        return new Repository(folder?.FullName ?? throw new CommandException("Cloudreve.Functions.sln was not found above this tool."));
    }
}
