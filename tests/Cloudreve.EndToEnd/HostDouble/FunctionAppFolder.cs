using System.Text.Json.Nodes;
using Cloudreve.Testing.Azurite;

namespace Cloudreve.EndToEnd.HostDouble;

/// <summary>A folder that a Functions host runs: <c>host.json</c>, a folder with <c>function.json</c> for each function, the handler.</summary>
internal sealed record FunctionAppFolder(string Root, HostConfiguration Configuration, IReadOnlyList<HostedFunction> Functions)
{
    private static readonly Lazy<Task<FunctionAppFolder>> s_current = new(OpenCurrentAsync);

    /// <summary>The folder that CLOUDREVE_PUBLISH_DIR names, else one made from what was built.</summary>
    public static Task<FunctionAppFolder> CurrentAsync() => s_current.Value;

    /// <summary>Reads a folder as a host does at its start.</summary>
    /// <exception cref="InvalidDataException">A host would refuse it or would not run it as intended.</exception>
    public static FunctionAppFolder Read(string root)
    {
        var configuration = HostConfiguration.Parse(File.ReadAllText(Path.Combine(root, "host.json")));
        HostedFunction[] functions =
        [
            .. from folder in Directory.EnumerateDirectories(root)
               let definition = Path.Combine(folder, "function.json")
               where File.Exists(definition)
               let name = Path.GetFileName(folder)
               orderby name.ToUpperInvariant()
               select HostedFunction.Parse(name, File.ReadAllText(definition)),
        ];
        if (Array.Find(functions, f => f.Trigger.Is("httpTrigger") && !f.IsForwarded) is { } wrapped)
            throw new InvalidDataException($"{wrapped.Name} has more than one input and one output: the host would not forward its requests.");
        if (Array.Find(functions, f => f.Bindings.Any(b => b.Name == "$return")) is { } returning)
            throw new InvalidDataException($"{returning.Name} declares a $return binding, which the results of durable functions do not survive.");
        return new FunctionAppFolder(root, configuration, functions);
    }

    /// <summary>The function of a name; null when there is none.</summary>
    public HostedFunction? Find(string name) => Functions.FirstOrDefault(f => f.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private static async Task<FunctionAppFolder> OpenCurrentAsync()
    {
        var published = Environment.GetEnvironmentVariable("CLOUDREVE_PUBLISH_DIR");
        return Read(string.IsNullOrEmpty(published) ? await WriteAsync() : Path.GetFullPath(published, AzuriteServer.RepositoryRoot));
    }

    /// <summary>Writes what a publish writes, with the executable of the test's own build.</summary>
    private static async Task<string> WriteAsync()
    {
        var folder = Directory.CreateTempSubdirectory("function-app").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        var (exitCode, output) = await AppProcess.RunAsync("--emit-functions", folder);
        if (exitCode != 0)
            throw new InvalidOperationException($"The functions could not be written: {output}");
        var host = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AzuriteServer.RepositoryRoot, "host.json")))!;
        host["customHandler"]!["description"] = new JsonObject
        {
            ["defaultExecutablePath"] = "dotnet",
            ["arguments"] = new JsonArray(Path.Combine(AppContext.BaseDirectory, "Cloudreve.Functions.dll")),
        };
        await File.WriteAllTextAsync(Path.Combine(folder, "host.json"), host.ToJsonString());
        return folder;
    }
}
