using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Cloudreve.Dev.Processes;

namespace Cloudreve.Dev.Publishing;

/// <summary><c>./dev publish</c>: the folder that a Functions host runs: host.json, a folder for each function, the executable.</summary>
internal static class PublishCommand
{
    private const string AppName = "Cloudreve.Functions";
    private const string LocalSettings = "local.settings.json";
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true };

    // What the SDK puts beside an executable and a Functions host has no use for.
    private static readonly string[] s_needless = ["*.dbg", "*.pdb", "*.xml", "*.dwarf", "web.config", "createdump", "appsettings*.json", "*.staticwebassets.*.json"];

    /// <summary>Writes the folder.</summary>
    /// <exception cref="CommandException">The folder holds something else, or a step failed.</exception>
    public static async Task<int> RunAsync(Repository repository, Arguments arguments, CancellationToken cancellationToken)
    {
        var jit = arguments.Has("--jit");
        var output = Path.GetFullPath(arguments.Value("-o") ?? Path.Combine(repository.Artifacts, jit ? "func" : "publish"));
        if (jit && arguments.Value("--runtime") is not null)
            throw new CommandException("--jit writes for this machine: it takes no --runtime.");
        Clear(output);
        if (jit)
            await WriteForDevelopmentAsync(repository, output, cancellationToken);
        else
            await WriteForHostAsync(repository, output, arguments.Value("--runtime") ?? RuntimeInformation.RuntimeIdentifier, cancellationToken);
        Console.WriteLine($"Written to {output}");
        return 0;
    }

    /// <summary>Empties a folder that an earlier publish has written; leaves any other alone.</summary>
    private static void Clear(string output)
    {
        if (Directory.Exists(output))
        {
            if (Directory.EnumerateFileSystemEntries(output).Any() && !File.Exists(Path.Combine(output, "host.json")))
                throw new CommandException($"{output} is no folder that 'publish' has written: choose an empty one.");
            Directory.Delete(output, recursive: true);
        }
        Directory.CreateDirectory(output);
    }

    private static async Task WriteForHostAsync(Repository repository, string output, string runtime, CancellationToken cancellationToken)
    {
        // Only the linker of the target system makes its executables; for another one the runtime goes with the app instead.
        var ahead = runtime == RuntimeInformation.RuntimeIdentifier;
        string[] mode = ahead ? [] : ["--self-contained", "-p:PublishAot=false"];
        await Command.ExpectAsync(
            "dotnet", ["publish", repository.AppProject, "-c", "Release", "-r", runtime, .. mode, "-o", output, "-v", "q", "--nologo", "-clp:NoSummary"],
            repository.Root, "The publish failed.", cancellationToken);
        RemoveNeedless(output);
        var executable = AppName + (runtime.StartsWith("win", StringComparison.Ordinal) ? ".exe" : "");
        WriteHostFile(repository, output, new JsonObject { ["defaultExecutablePath"] = executable });
        if (ahead)
            await Command.ExpectAsync(Path.Combine(output, executable), ["--emit-functions", output], repository.Root, "The functions could not be written.", cancellationToken);
        else
            await EmitWithBuildAsync(repository, output, cancellationToken);
    }

    private static async Task WriteForDevelopmentAsync(Repository repository, string output, CancellationToken cancellationToken)
    {
        await EmitWithBuildAsync(repository, output, cancellationToken);
        CopyFolder(repository.AppBuildFolder, output);
        RemoveNeedless(output);
        WriteHostFile(repository, output, new JsonObject
        {
            ["defaultExecutablePath"] = "dotnet",
            ["arguments"] = new JsonArray(AppName + ".dll"),
        });
        var settings = repository.Path(LocalSettings);
        File.Copy(File.Exists(settings) ? settings : repository.Path("local.settings.sample.json"), Path.Combine(output, LocalSettings), overwrite: true);
    }

    private static async Task EmitWithBuildAsync(Repository repository, string output, CancellationToken cancellationToken)
    {
        await Build.RunAsync(repository, repository.AppProject, cancellationToken);
        await Command.ExpectAsync(
            "dotnet", [Path.Combine(repository.AppBuildFolder, AppName + ".dll"), "--emit-functions", output],
            repository.Root, "The functions could not be written.", cancellationToken);
    }

    private static void WriteHostFile(Repository repository, string output, JsonObject description)
    {
        var host = JsonNode.Parse(File.ReadAllText(repository.Path("host.json")))!;
        host["customHandler"]!["description"] = description;
        File.WriteAllText(Path.Combine(output, "host.json"), host.ToJsonString(s_readable) + "\n");
    }

    private static void RemoveNeedless(string output)
    {
        foreach (var file in s_needless.SelectMany(pattern => Directory.EnumerateFiles(output, pattern)).ToList())
            File.Delete(file);
    }

    private static void CopyFolder(string source, string target)
    {
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
    }
}
