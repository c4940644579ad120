using System.Globalization;
using System.Text.Json.Nodes;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev;

/// <summary>The packages of <c>package-lock.json</c>: the storage emulator.</summary>
internal static class NodePackages
{
    private const int OldestNode = 20;

    /// <summary>Installs the locked packages unless exactly these are installed.</summary>
    /// <exception cref="CommandException">Node is missing or too old, or the installation failed.</exception>
    public static async Task EnsureAsync(Repository repository, CancellationToken cancellationToken)
    {
        await CheckNodeAsync(repository, cancellationToken);
        if (IsCurrent(repository))
            return;
        Console.WriteLine("Installing Azurite ...");
        var (program, arguments) = Executable.ForScript("npm", ["ci", "--no-audit", "--no-fund"]);
        await Executable.ExpectAsync(program, arguments, repository.Root, "npm ci failed.", cancellationToken);
    }

    private static async Task CheckNodeAsync(Repository repository, CancellationToken cancellationToken)
    {
        var version = await Executable.ReadAsync("node", ["--version"], repository.Root, cancellationToken);
        var major = version.TrimStart('v').Split('.')[0];
        if (!int.TryParse(major, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < OldestNode)
            throw new CommandException($"Node {OldestNode} or newer is needed for Azurite; found {version.Trim()}.");
    }

    /// <summary>Compares npm's own record of what it installed with the lock file; optional packages of other platforms may be missing.</summary>
    private static bool IsCurrent(Repository repository)
    {
        var installedFile = repository.Path("node_modules", ".package-lock.json");
        if (!File.Exists(installedFile) || !File.Exists(repository.Path("node_modules", "azurite", "package.json")))
            return false;
        var installed = Packages(installedFile);
        var locked = Packages(repository.Path("package-lock.json"));
        return locked.All(package => installed.TryGetValue(package.Key, out var found)
                ? found["version"]?.GetValue<string>() == package.Value["version"]?.GetValue<string>()
                : package.Value["optional"]?.GetValue<bool>() == true)
            && installed.Keys.All(locked.ContainsKey);
    }

    private static Dictionary<string, JsonNode> Packages(string lockFile) =>
        JsonNode.Parse(File.ReadAllText(lockFile))?["packages"]?.AsObject()
            .Where(package => package.Key.Length > 0 && package.Value is not null)
            .ToDictionary(package => package.Key, package => package.Value!) ?? [];
}
