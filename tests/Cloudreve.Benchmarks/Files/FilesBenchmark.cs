using Cloudreve.Testing.Azurite;

namespace Cloudreve.Benchmarks.Files;

/// <summary>A part of the benchmark of files: measures one thing in an emulator that all parts share, and prints it.</summary>
/// <param name="options">The options of the benchmark.</param>
/// <exception cref="BenchmarkException">It cannot be measured.</exception>
internal delegate Task FilesPart(AzuriteServer azurite, Options options);

/// <summary>The costs of operations on files. Each part is a class of its own and has a switch; without a switch all run.</summary>
internal static class FilesBenchmark
{
    private static readonly IReadOnlyDictionary<string, FilesPart> s_parts = new Dictionary<string, FilesPart>
    {
        ["--listing"] = ListingPart.RunAsync,
        ["--relocation"] = RelocationPart.RunAsync,
        ["--transfers"] = TransferPart.RunAsync,
    };

    /// <summary>The allowed switches.</summary>
    public static string[] Switches { get; } = [.. s_parts.Keys, "--quick"];

    /// <summary>The allowed options.</summary>
    public static string[] Values { get; } = ["--size", "--repeat", "--publish"];

    /// <summary>Runs the requested parts.</summary>
    /// <exception cref="BenchmarkException">A part cannot continue.</exception>
    public static async Task RunAsync(Options options)
    {
        using var azurite = new AzuriteServer();
        var asked = s_parts.Where(part => options.Has(part.Key)).ToList();
        foreach (var (_, part) in asked.Count > 0 ? asked : [.. s_parts])
            await part(azurite, options);
    }
}
